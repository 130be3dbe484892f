#include "pipeline/jobs/reading_mark.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>

namespace mien {

namespace {

constexpr int crashSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

std::atomic<char *> marks = nullptr;
static_assert(std::atomic<char *>::is_always_lock_free, "a signal handler reads it");

/// Block of this thread, given out as threads begin to read; the first block is the crashing thread's.
std::size_t blockOfThread()
{
    static std::atomic<std::size_t> threads = 0;
    thread_local const std::size_t block = 1 + threads++ % (ReadingMark::blocks - 1);
    return block;
}

/// Says which item the crashing thread was reading, then lets the signal do what it does.
void nameItemOfCrash(int signal)
{
    if (char *memory = marks.load())
        std::memcpy(memory, memory + blockOfThread() * ReadingMark::blockBytes, ReadingMark::blockBytes);
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

} // namespace

void ReadingMark::keepIn(char *memory)
{
    if (memory)
        std::memset(memory, 0, blockBytes * blocks);
    marks = memory;
    for (const int signal : crashSignals)
        std::signal(signal, memory ? nameItemOfCrash : SIG_DFL);
}

void ReadingMark::write(std::string_view item)
{
    char *memory = marks.load(std::memory_order_relaxed);
    if (!memory)
        return;
    char *block = memory + blockOfThread() * blockBytes;
    const std::size_t length = std::min(item.size(), blockBytes - 1);
    std::copy_n(item.data(), length, block); // of nothing where the item is empty
    block[length] = '\0';
}

} // namespace mien
