#include "studio/cli/command_table.h"
#include "studio/cli/session.h"

#include <memory>

namespace mien {

namespace fs = std::filesystem;

Command initCommand()
{
    return {.name = "init", .summary = "Make an empty project", .declare = [](Options &options) -> Action {
                struct Wanted
                {
                    std::string folder, name;
                };
                const auto wanted = std::make_shared<Wanted>();
                options.folder("DIR", "DIR", wanted->folder, "The folder to make; an empty one may exist").required();
                options.text("--name", "N", wanted->name, "Name of the project; default: the folder's name");
                return [wanted](Session &session) {
                    std::error_code error;
                    fs::path folder = fs::absolute(wanted->folder, error).lexically_normal();
                    if (!folder.has_filename())
                        folder = folder.parent_path();
                    const std::string name = wanted->name.empty() ? folder.stem().string() : wanted->name;
                    const auto project = Project::create(folder, name);
                    if (!project)
                        return session.out().failed(project.error());
                    session.warnAboutStorage(project->folder());
                    session.out().print("Made the project " + project->folder().string() + ".");
                    return session.out().done({{"project", project->folder().string()}, {"name", project->name()}});
                };
            }};
}

} // namespace mien
