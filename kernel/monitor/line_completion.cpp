// What the Tab key does to a line_editor.
#include "kernel/monitor/line_editor.hpp"
#include "kernel/monitor/words.hpp"

namespace {

// First pass: how many candidates there are, and what they have in common.
class common_start final : public completion_sink {
public:
    explicit common_start(std::string_view word) : word_(word) {}

    void offer(std::string_view candidate) override {
        if (!candidate.starts_with(word_)) return;
        if (count_++ == 0) common_ = candidate;
        size_t same = 0;
        while (same < common_.size() && same < candidate.size() &&
               common_[same] == candidate[same])
            ++same;
        common_ = {common_.data(), same};
        longest_ = max_of(longest_, candidate.size());
    }

    size_t count() const { return count_; }
    size_t longest() const { return longest_; }
    std::string_view addition() const {
        return {common_.data() + word_.size(), common_.size() - word_.size()};
    }

private:
    std::string_view word_;
    std::string_view common_;
    size_t count_ = 0;
    size_t longest_ = 0;
};

// Second pass: shows them, in columns.
class candidate_table final : public completion_sink {
public:
    candidate_table(text_sink& out, std::string_view word, size_t cell, size_t width)
        : out_(out), word_(word), cell_(cell), per_row_(max_of(width / cell, size_t{1})) {}

    void offer(std::string_view candidate) override {
        if (!candidate.starts_with(word_)) return;
        out_.write(shown_++ % per_row_ == 0 ? "\n" : "");
        out_.write(candidate);
        if (shown_ % per_row_ == 0) return;
        for (size_t i = candidate.size(); i < cell_; ++i) out_.put(' ');
    }

private:
    text_sink& out_;
    std::string_view word_;
    size_t cell_;
    size_t per_row_;
    size_t shown_ = 0;
};

}  // namespace

// The word becomes as long as all candidates agree on; a single one is finished
// with a blank. Where nothing can be added, the candidates are shown.
void line_editor::complete() {
    const std::string_view before(text_, cursor_);
    const std::string_view word = last_word(before).word;
    common_start start(word);
    completer_.complete(before, start);
    if (start.count() == 0) return bell();

    // The candidates outlive this call, the text they are inserted into does not move.
    if (!start.addition().empty()) insert(start.addition());
    if (start.count() == 1) return insert(" ");
    if (!start.addition().empty()) return;

    candidate_table table(out_, word, start.longest() + 2, width_);
    completer_.complete(before, table);
    out_.write("\n");
    redraw();
}
