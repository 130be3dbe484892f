#include "tests/support/filled_project.h"

#include "pipeline/store/hash.h"
#include "pipeline/store/samples.h"

#include <array>

namespace mien::test {

NewSample plainSample(ImportWriter &writer, MediaId media, int row)
{
    const int picture = row % 10 == 9 ? row - 1 : row;
    std::array<std::uint8_t, 64> pixels{};
    for (std::size_t i = 0; i < pixels.size(); ++i)
        pixels[i] =
            static_cast<std::uint8_t>(picture * 7919 + static_cast<int>(i) * (picture % 251 + 1) + (picture >> 8));
    pixels[0] = static_cast<std::uint8_t>(picture);
    pixels[1] = static_cast<std::uint8_t>(picture >> 8);
    pixels[2] = static_cast<std::uint8_t>(picture >> 16);

    NewSample sample;
    sample.sourceKey = "row:" + std::to_string(row);
    sample.displaySource = "faces.csv#row:" + std::to_string(row);
    sample.media = media;
    sample.crop = must(writer.addCrop(8, 8, 1, "raw", pixels));
    sample.widthPx = sample.heightPx = 8;
    sample.pixelHash = pixelHashOf(8, 8, 1, pixels);
    sample.nativeLabel = std::to_string(row % 7);
    sample.nativeSpace = "test";
    if (row % 20 != 19) {
        sample.givenClass = ClassId{1 + row % 7};
        sample.state = LabelState::Ok;
    }
    sample.split = std::array{Split::Train, Split::Train, Split::Train, Split::Val, Split::Test}[row % 5];
    sample.nativeSplit = std::string(nameOf(sample.split));
    sample.subject = "S" + std::to_string(row % 13);
    if (row % 2 == 0)
        sample.votes = {{"neutral", row % 3}, {"anger", 10 - row % 3}};
    return sample;
}

Project filledProject(const std::filesystem::path &folder, int samples)
{
    Project project = must(Project::create(folder, "Test"));
    ImportWriter writer = must(ImportWriter::begin(project, "test.csv", "plain", folder.parent_path() / "faces.csv"));
    NewMedia file;
    file.path = folder.parent_path() / "faces.csv";
    file.kind = "table";
    const MediaId media = must(writer.addMedia(file));
    for (int row = 0; row < samples; ++row)
        must(writer.addSample(plainSample(writer, media, row)));
    must(writer.finish());
    return project;
}

std::string contentOf(const Project &project)
{
    std::string content;
    for (const SampleRow &row : must(sampleRows(project, must(samplesMatching(project, ""))))) {
        content += std::to_string(row.id.value) + " " + std::to_string(row.label ? row.label->value : 0) + " " +
                   std::string(nameOf(row.state)) + " " + std::string(nameOf(row.split)) + " " +
                   std::to_string(row.excluded) + " " + std::to_string(row.reviews) + " " +
                   std::string(nameOf(row.flag)) + " " + std::to_string(row.suspicion);
        for (const std::string &tag : row.tags)
            content += " #" + tag;
        content += '\n';
    }
    return content;
}

} // namespace mien::test
