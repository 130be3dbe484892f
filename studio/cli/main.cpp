#include "studio/cli/command_line.h"

#include <csignal>

int main(int argc, char **argv)
{
    // A job outlives the window that reads its lines: a closed pipe is an error of the write, not the end.
    std::signal(SIGPIPE, SIG_IGN);
    return mien::runCommandLine({argv + 1, argv + argc});
}
