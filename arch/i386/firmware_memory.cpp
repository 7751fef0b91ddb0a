#include "arch/i386/firmware_memory.hpp"

#include "arch/i386/ioremap.hpp"
#include "arch/i386/paging/boot_tables.hpp"
#include "lib/address.hpp"
#include "lib/boot_info.hpp"

namespace {

class mapped_reader final : public physical_reader {
public:
    bool read(u64 address, void* into, size_t bytes) const override {
        if (bytes == 0) return true;
        const u64 last = address + bytes - 1;
        if (last < address || last > phys_raw(~phys_raw{0})) return false;
        const phys_addr place{static_cast<phys_raw>(address)};
        if (!paging_is_on() || last < boot_tables_lowmem()) {
            copy(phys_to_virt(place), into, bytes);
            return true;
        }
        void* const mapped = ioremap_cache(place, bytes);
        if (!mapped) return false;
        copy(mapped, into, bytes);
        iounmap(mapped);
        return true;
    }

private:
    static void copy(const volatile void* from, void* into, size_t bytes) {
        for (size_t i = 0; i < bytes; ++i)
            static_cast<u8*>(into)[i] = static_cast<const volatile u8*>(from)[i];
    }
};

constinit mapped_reader the_reader;
constinit std::optional<acpi_root> the_root;
constinit bool searched = false;

}  // namespace

physical_reader& firmware_memory() { return the_reader; }

const std::optional<acpi_root>& the_acpi_root() {
    if (!searched) {
        const boot_info& info = the_boot_info();
        const u32 length = info.rsdp_length < sizeof(info.rsdp) ? info.rsdp_length
                                                                : u32{sizeof(info.rsdp)};
        the_root = find_acpi_root(the_reader, {info.rsdp, length});
        searched = true;
    }
    return the_root;
}
