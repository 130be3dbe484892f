#include "studio/cli/command_table.h"
#include "studio/cli/session.h"

namespace mien {

Command versionCommand()
{
    return {.name = "version", .summary = "The version of this program", .declare = [](Options &) -> Action {
                return [](Session &session) {
                    session.out().print(std::string("mien ") + MIEN_VERSION);
                    return session.out().done({{"version", MIEN_VERSION}});
                };
            }};
}

} // namespace mien
