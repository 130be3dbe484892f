#include "pipeline/import/item_notes.h"

#include "pipeline/import/text_form.h"

namespace mien {

void markAutomatic(NewSample &sample)
{
    sample.origin = "auto";
    sample.flags.emplace_back("auto_label");
}

void noteName(const std::string &onDisk, const std::string &reason, NewSample &sample, const ItemProblem &problem)
{
    if (!reason.empty())
        problem(reason, "The file is called " + displayText(onDisk) + '.');
    if (isUtf8(onDisk))
        return;
    sample.flags.emplace_back("name_not_utf8");
    problem("NAME_NOT_UTF8", "Its name is not UTF-8; bytes that are none are shown as \\xNN.");
}

} // namespace mien
