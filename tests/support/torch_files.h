#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Files as torch.save writes them, made by hand, and with any part of them set otherwise.
namespace mien::test {

// ---- pickle, protocol 2

std::string number(std::uint64_t value, int bytes); ///< Least byte first.
std::string pickledText(const std::string &value);
std::string pickledWhole(std::int64_t value);
std::string pickledTuple(const std::vector<std::int64_t> &values);
std::string pickleOf(const std::string &body); ///< With its protocol and end.

/// A state dictionary's tensor.
struct PickledTensor
{
    std::string storageGlobal = "ctorch\nFloatStorage\n";
    std::string key = "0";
    std::int64_t storageValues = 6;
    std::string view; ///< "N" in a legacy file.
    std::int64_t offset = 0;
    std::vector<std::int64_t> shape{2, 3}, strides{3, 1};
    std::string tensorGlobal = "ctorch._utils\n_rebuild_tensor_v2\n";
    bool isParameter = false;

    std::string opcodes() const;
};

std::string pickledDictionary(const std::string &items); ///< An OrderedDict of keys and values.

// ---- zip

struct ZipItem
{
    std::string name, contents;
    std::uint16_t method = 0, flags = 0;
    std::optional<std::uint32_t> crc;     ///< In header and directory; else the true one.
    std::optional<std::uint64_t> size;    ///< In the directory.
    std::optional<std::uint64_t> header;  ///< Where the directory says that it begins.
    std::optional<std::string> localName; ///< Before the contents.
};

/// An archive of stored entries.
struct ZipArchive
{
    std::vector<ZipItem> items;
    bool sizesFollow = false; ///< Behind the contents, as PyTorch writes it.
    bool isZip64 = false;     ///< With the ends of zip64 …
    bool isWide = false;      ///< … and the sizes in their extra field, as in files beyond 4 GB.
    std::string comment;

    std::string bytes() const;
};

/// `archive/data.pkl` and its storages.
struct TorchZip
{
    std::string pickle;                                          ///< The body.
    std::vector<std::pair<std::string, std::string>> storages{}; ///< Key, bytes.
    std::vector<ZipItem> more{};                                 ///< Further entries.
    std::string byteorder = "little";

    ZipArchive archive() const;
    std::string bytes() const { return archive().bytes(); }
};

/// Bytes of numbers as this machine stores them.
template <typename T>
std::string storageOf(const std::vector<T> &values)
{
    return {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)};
}

/// One tensor "w" of [2, 3], 0 to 5.
TorchZip smallTorchZip();

} // namespace mien::test
