#pragma once

#include <cstddef>
#include <string_view>

namespace mien {

/// Says, while it lives, which item of foreign data this thread reads, so that a crash can name it. Costs a memory
/// copy; nothing in a process without a job folder.
class ReadingMark
{
public:
    explicit ReadingMark(std::string_view item) { write(item); }
    ~ReadingMark() { write({}); }
    ReadingMark(const ReadingMark &) = delete;
    ReadingMark &operator=(const ReadingMark &) = delete;

    static constexpr std::size_t blockBytes = 4096, blocks = 16;
    /// From now on marks go to this memory of `blocks` times `blockBytes` (the mapped file `item` of a job folder), and
    /// a crashing thread copies its own block to the first. Null ends that.
    static void keepIn(char *memory);

private:
    static void write(std::string_view item);
};

} // namespace mien
