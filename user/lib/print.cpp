#include "user/lib/print.hpp"

#include "user/lib/calls.hpp"

namespace {

// Room for what is printed; where it is written to a file, that empties it.
class output {
public:
    output(char* buffer, size_t size, int fd) : buffer_(buffer), size_(size), fd_(fd) {}

    void put(char c) {
        if (length_ == size_ && !flush()) return;
        buffer_[length_++] = c;
    }
    bool flush() {
        if (fd_ < 0) return false;
        write_all(fd_, {buffer_, length_});
        length_ = 0;
        return true;
    }
    size_t length() const { return length_; }

private:
    char* buffer_;
    size_t size_;
    size_t length_ = 0;
    int fd_;
};

struct specification {
    char align = 0;
    char fill = ' ';
    u32 width = 0;
    u32 base = 10;
};

specification read_specification(std::string_view text) {
    specification spec;
    if (!text.empty() && (text[0] == '<' || text[0] == '>')) {
        spec.align = text[0];
        text.remove_prefix(1);
    }
    if (!text.empty() && text[0] == '0') spec.fill = '0';
    u64 width = 0;
    if (take_number(text, width)) spec.width = u32(width);
    if (!text.empty()) spec.base = text[0] == 'x' ? 16 : text[0] == 'o' ? 8 : 10;
    return spec;
}

// The digits of `value`, ending at `end`. Where they begin.
char* write_digits(char* end, u64 value, u32 base) {
    do {
        u32 digit = 0;
        value = divide(value, base, &digit);
        *--end = "0123456789abcdef"[digit];
    } while (value != 0);
    return end;
}

void put_argument(output& out, const specification& spec, const print_argument& argument) {
    char digits[24];
    char* const end = digits + sizeof digits;
    std::string_view text = argument.string;
    if (argument.what == print_argument::character) {
        digits[0] = char(argument.value);
        text = {digits, 1};
    } else if (argument.what != print_argument::text) {
        char* begin = write_digits(end, argument.value, spec.base);
        if (argument.what == print_argument::negative) *--begin = '-';
        text = {begin, size_t(end - begin)};
    }
    const bool is_number = argument.what <= print_argument::negative;
    const char align = spec.align ? spec.align : is_number ? '>' : '<';
    const size_t padding = spec.width > text.size() ? spec.width - text.size() : 0;
    for (size_t i = 0; align == '>' && i < padding; i++) out.put(spec.fill);
    for (const char c : text) out.put(c);
    for (size_t i = 0; align == '<' && i < padding; i++) out.put(' ');
}

void put_all(output& out, std::string_view format, print_arguments arguments) {
    size_t next = 0;
    while (!format.empty()) {
        const char c = format[0];
        format.remove_prefix(1);
        if (c != '{') {
            out.put(c);
            continue;
        }
        std::string_view spec = take_until(format, '}');
        if (!spec.empty()) spec.remove_prefix(1);  // the colon
        if (next < arguments.count)
            put_argument(out, read_specification(spec), arguments.first[next++]);
    }
}

// Indexed by errno: those that these programs may meet.
constexpr struct {
    int number;
    const char* text;
} error_texts[] = {
    {1, "Operation not permitted"},
    {2, "No such file or directory"},
    {3, "No such process"},
    {4, "Interrupted system call"},
    {5, "Input/output error"},
    {7, "Argument list too long"},
    {8, "Exec format error"},
    {9, "Bad file descriptor"},
    {10, "No child processes"},
    {11, "Resource temporarily unavailable"},
    {12, "Cannot allocate memory"},
    {13, "Permission denied"},
    {14, "Bad address"},
    {16, "Device or resource busy"},
    {17, "File exists"},
    {18, "Invalid cross-device link"},
    {19, "No such device"},
    {20, "Not a directory"},
    {21, "Is a directory"},
    {22, "Invalid argument"},
    {24, "Too many open files"},
    {25, "Inappropriate ioctl for device"},
    {26, "Text file busy"},
    {27, "File too large"},
    {28, "No space left on device"},
    {30, "Read-only file system"},
    {32, "Broken pipe"},
    {36, "File name too long"},
    {38, "Function not implemented"},
    {39, "Directory not empty"},
    {40, "Too many levels of symbolic links"},
};

}  // namespace

void print_to(int fd, std::string_view format, print_arguments arguments) {
    char buffer[1024];
    output out(buffer, sizeof buffer, fd);
    put_all(out, format, arguments);
    out.flush();
}

size_t format_into(char* buffer, size_t size, std::string_view format,
                   print_arguments arguments) {
    output out(buffer, size - 1, -1);
    put_all(out, format, arguments);
    buffer[out.length()] = 0;
    return out.length();
}

std::string_view error_text(int error) {
    for (const auto& [number, text] : error_texts)
        if (number == -error) return text;
    return "Unknown error";
}

void complain(std::string_view who, std::string_view about, int error) {
    print(2, "{}: {}: {}\n", who, about, error_text(error));
}
