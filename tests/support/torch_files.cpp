#include "tests/support/torch_files.h"

#include "models/io/crc32.h"

#include <span>

namespace mien::test {

std::string number(std::uint64_t value, int bytes)
{
    std::string text;
    for (int i = 0; i < bytes; ++i)
        text.push_back(char(value >> (8 * i)));
    return text;
}

std::string pickledText(const std::string &value)
{
    return "X" + number(value.size(), 4) + value;
}

std::string pickledWhole(std::int64_t value)
{
    return "\x8a\x08" + number(std::uint64_t(value), 8);
}

std::string pickledTuple(const std::vector<std::int64_t> &values)
{
    std::string result = "(";
    for (const std::int64_t value : values)
        result += pickledWhole(value);
    return result + "t";
}

std::string pickleOf(const std::string &body)
{
    return "\x80\x02" + body + ".";
}

std::string PickledTensor::opcodes() const
{
    const std::string hooks = "ccollections\nOrderedDict\n)R";
    const std::string tensor = tensorGlobal + "((" + pickledText("storage") + storageGlobal + pickledText(key) +
                               pickledText("cpu") + pickledWhole(storageValues) + view + "tQ" + pickledWhole(offset) +
                               pickledTuple(shape) + pickledTuple(strides) + "\x89" + hooks + "tR";
    return isParameter ? "ctorch._utils\n_rebuild_parameter\n(" + tensor + "\x88" + hooks + "tR" : tensor;
}

std::string pickledDictionary(const std::string &items)
{
    return "ccollections\nOrderedDict\n)R(" + items + "u";
}

std::string ZipArchive::bytes() const
{
    std::string file, directory;
    for (const ZipItem &item : items) {
        const std::uint64_t header = item.header.value_or(file.size());
        const auto contents = std::as_bytes(std::span(item.contents));
        const std::uint32_t crc = item.crc.value_or(crc32(contents));
        const std::uint64_t size = item.size.value_or(item.contents.size());
        const std::uint16_t flags = std::uint16_t(item.flags | (sizesFollow ? 8 : 0));
        const std::string &localName = item.localName.value_or(item.name);
        const std::uint64_t shown = isWide ? 0xFFFFFFFF : size;
        const std::string local64 = isWide ? number(1, 2) + number(16, 2) + number(size, 8) + number(size, 8) : "";
        file += number(0x04034b50, 4) + number(isWide ? 45 : 20, 2) + number(flags, 2) + number(item.method, 2) +
                number(0, 4) + (sizesFollow ? number(0, 12) : number(crc, 4) + number(shown, 4) + number(shown, 4)) +
                number(localName.size(), 2) + number(local64.size(), 2) + localName + local64 + item.contents;
        if (sizesFollow)
            file += number(0x08074b50, 4) + number(crc, 4) + number(size, 4) + number(size, 4);
        const std::string wide =
            isWide ? number(1, 2) + number(24, 2) + number(size, 8) + number(size, 8) + number(header, 8) : "";
        directory += number(0x02014b50, 4) + number(20, 2) + number(20, 2) + number(flags, 2) + number(item.method, 2) +
                     number(0, 4) + number(crc, 4) + number(shown, 4) + number(shown, 4) + number(item.name.size(), 2) +
                     number(wide.size(), 2) + number(0, 2) + number(0, 8) + number(isWide ? 0xFFFFFFFF : header, 4) +
                     item.name + wide;
    }
    const std::uint64_t at = file.size(), end64 = at + directory.size();
    file += directory;
    if (isZip64)
        file += number(0x06064b50, 4) + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8) +
                number(items.size(), 8) + number(items.size(), 8) + number(directory.size(), 8) + number(at, 8) +
                number(0x07064b50, 4) + number(0, 4) + number(end64, 8) + number(1, 4);
    const bool isFar = isZip64 && isWide;
    return file + number(0x06054b50, 4) + number(0, 4) + number(isFar ? 0xFFFF : items.size(), 2) +
           number(isFar ? 0xFFFF : items.size(), 2) + number(isFar ? 0xFFFFFFFF : directory.size(), 4) +
           number(isFar ? 0xFFFFFFFF : at, 4) + number(comment.size(), 2) + comment;
}

ZipArchive TorchZip::archive() const
{
    ZipArchive archive;
    archive.items.push_back({"archive/data.pkl", pickleOf(pickle)});
    archive.items.push_back({"archive/byteorder", byteorder});
    for (const auto &[key, bytes] : storages)
        archive.items.push_back({"archive/data/" + key, bytes});
    archive.items.push_back({"archive/version", "3\n"});
    archive.items.insert(archive.items.end(), more.begin(), more.end());
    return archive;
}

TorchZip smallTorchZip()
{
    return {.pickle = pickledDictionary(pickledText("w") + PickledTensor().opcodes()),
            .storages = {{"0", storageOf<float>({0, 1, 2, 3, 4, 5})}}};
}

} // namespace mien::test
