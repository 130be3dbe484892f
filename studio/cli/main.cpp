#include "pipeline/jobs/stoppable_compute.h"
#include "studio/cli/command_line.h"

#include <csignal>
#include <cstdio>

#include <unistd.h>

int main(int argc, char **argv)
{
    // A job outlives the window that reads its lines: a closed pipe is an error of the write, not the end.
    std::signal(SIGPIPE, SIG_IGN);
    const int status = mien::runCommandLine({argv + 1, argv + argc});
    if (mien::isComputeAbandoned()) {
        std::fflush(nullptr);
        _exit(status);
    }
    return status;
}
