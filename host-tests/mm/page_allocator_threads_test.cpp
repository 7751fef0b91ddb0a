// Eight threads as eight CPUs allocate and free at once, each also what another one
// allocated. Under -fsanitize=thread this proves that the locks order all that is done.
#include "host-tests/mm/simulated_memory.hpp"
#include "lib/random.hpp"

#include <test.hpp>

#include <mutex>
#include <thread>

namespace {

struct block {
    page* head;
    unsigned order;
};

// Blocks on their way from the CPU that allocated them to the one that frees them.
class mailbox {
public:
    void post(block block) {
        const std::lock_guard held(mutex_);
        blocks_.push_back(block);
    }
    std::vector<block> empty() {
        const std::lock_guard held(mutex_);
        return std::exchange(blocks_, {});
    }

private:
    std::mutex mutex_;
    std::vector<block> blocks_;
};

// What happens on one CPU: each block is written all over while it is held, so a
// frame with two owners shows, here and as a race.
class working_cpu {
public:
    working_cpu(page_allocator& allocator, std::vector<mailbox>& mail,
                std::vector<u32>& owners, unsigned cpu)
        : allocator_(allocator),
          mail_(mail),
          owners_(owners),
          cpu_(cpu),
          random_(cpu + 1) {}

    void run(int steps) {
        host_cpu = cpu_;
        for (int i = 0; i < steps; ++i) step();
        for (const block& block : held_) give_back(block);
        held_.clear();
    }
    void last_mail() {
        host_cpu = cpu_;
        for (const block& block : mail_[cpu_].empty()) give_back(block);
        allocator_.drain_local_pages();
    }
    u32 mixed_up() const { return mixed_up_; }

private:
    void step() {
        const u32 dice = random_.below(100);
        if (dice < 50) return ask();
        if (dice < 53) return allocator_.drain_local_pages();
        if (dice < 56) {
            for (const block& block : mail_[cpu_].empty()) give_back(block);
            return;
        }
        if (held_.empty()) return;
        std::swap(held_[random_.below(static_cast<u32>(held_.size()))], held_.back());
        const block block = held_.back();
        held_.pop_back();
        if (dice < 70) mail_[random_.below(NR_CPUS)].post(block);
        else give_back(block);
    }

    void ask() {
        constexpr gfp_t masks[] = {GFP_KERNEL, GFP_ATOMIC, GFP_HIGHUSER_MOVABLE, GFP_DMA,
                                   GFP_KERNEL | __GFP_RECLAIMABLE};
        gfp_t mask = masks[random_.below(std::size(masks))];
        if (!random_.one_in(50)) mask |= __GFP_NOWARN;  // a report looks at all zones
        const unsigned order = random_.below(random_.one_in(8) ? MAX_ORDER : 4);
        page* const head = allocator_.alloc_pages(mask, order);
        if (!head) return;
        const u32 first = allocator_.frame_of(head).raw();
        for (u32 i = 0; i < 1u << order; ++i)
            if (std::exchange(owners_[first + i], cpu_ + 1) != 0) ++mixed_up_;
        if (random_.one_in(16)) {  // a second reference, dropped by whoever is last
            get_page(*head);
            allocator_.put_page(head);
        }
        held_.push_back({head, order});
    }

    void give_back(const block& block) {
        const u32 first = allocator_.frame_of(block.head).raw();
        for (u32 i = 0; i < 1u << block.order; ++i)
            if (std::exchange(owners_[first + i], 0) == 0) ++mixed_up_;
        allocator_.free_pages(block.head, block.order);
    }

    page_allocator& allocator_;
    std::vector<mailbox>& mail_;
    std::vector<u32>& owners_;
    const unsigned cpu_;
    random_source random_;
    std::vector<block> held_;
    u32 mixed_up_ = 0;
};

template <class Work>
void on_all_cpus(std::vector<working_cpu>& cpus, Work work) {
    std::vector<std::thread> threads;
    for (working_cpu& cpu : cpus) threads.emplace_back([&] { work(cpu); });
    for (std::thread& thread : threads) thread.join();
}

// Each CPU's failures, and the log they write, meet those of the others.
void run_all_cpus(simulated_memory& memory, u32 frames, int steps) {
    std::vector<mailbox> mail(NR_CPUS);
    std::vector<u32> owners(frames);
    std::vector<working_cpu> cpus;
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu)
        cpus.emplace_back(*memory, mail, owners, cpu);

    on_all_cpus(cpus, [&](working_cpu& cpu) { cpu.run(steps); });
    memory->check_invariants();
    on_all_cpus(cpus, [](working_cpu& cpu) { cpu.last_mail(); });
    for (const working_cpu& cpu : cpus) EXPECT_EQ(cpu.mixed_up(), 0u);

    EXPECT_EQ(memory->pages_in_use(), 0u);
    EXPECT_EQ(memory->free_pages_count(), memory->managed_pages());
    memory->check_invariants();
}

u32 reports = 0;
void count_report(const page_report&) { ++reports; }

}  // namespace

TEST(page_allocator_threads, eight_cpus_share_all_zones) {
    constexpr u32 frames = 16384;
    simulated_memory memory({.frames = frames, .dma_end = 4096, .normal_end = 12288});
    memory->set_reporter(count_report);
    run_all_cpus(memory, frames, 3000);
    EXPECT_EQ(reports, 0u);
}

// Memory is short all the time: types steal from each other, urgent page blocks are
// kept and given back, requests fail.
TEST(page_allocator_threads, eight_cpus_fight_for_little) {
    constexpr u32 frames = 6144;
    simulated_memory memory({.frames = frames, .dma_end = 1024, .normal_end = 5120});
    memory->set_reporter(count_report);
    run_all_cpus(memory, frames, 2000);
    EXPECT_EQ(reports, 0u);
}

// Threads hold the same block; the last put frees it, whichever that is.
TEST(page_allocator_threads, the_last_reference_frees_once) {
    simulated_memory memory({.frames = 3072, .dma_end = 1024, .normal_end = 2048});
    memory->set_reporter(count_report);
    for (int round = 0; round < 50; ++round) {
        page* const head = memory->alloc_pages(GFP_KERNEL, 2);
        for (unsigned cpu = 1; cpu < NR_CPUS; ++cpu) get_page(*head);
        std::vector<std::thread> threads;
        for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu)
            threads.emplace_back([&, cpu] {
                host_cpu = cpu;
                memory->put_page(head);
            });
        for (std::thread& thread : threads) thread.join();
        EXPECT_EQ(memory->pages_in_use(), 0u);
    }
    EXPECT_EQ(reports, 0u);
    memory->check_invariants();
}
