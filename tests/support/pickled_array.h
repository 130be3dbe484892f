#pragma once

#include "tests/support/torch_files.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mien::test {

/// As Python 2 writes it.
inline std::string shortText(const std::string &value)
{
    return "U" + number(value.size(), 1) + value;
}

inline std::string utf8Of(const std::string &bytes)
{
    std::string text;
    for (const char c : bytes) {
        const auto value = static_cast<unsigned char>(c);
        if (value < 0x80)
            text.push_back(c);
        else
            text += {char(0xc0 | value >> 6), char(0x80 | (value & 0x3f))};
    }
    return text;
}

/// An array as NumPy pickles it with protocol 2; each part may be set otherwise.
struct PickledArray
{
    std::string type = "f4", order = "<";
    std::vector<std::int64_t> shape{2, 3};
    bool isFortran = false, isPython3 = false;
    std::string values = storageOf<float>({0, 1, 2, 3, 4, 5});
    std::string data;      ///< Opcodes in place of the values.
    std::string shapeText; ///< Opcodes in place of the shape.
    std::string reconstruct = "cnumpy.core.multiarray\n_reconstruct\n";
    std::string arrayClass = "cnumpy\nndarray\n";

    std::string bytesOf(const std::string &bytes) const
    {
        if (!isPython3)
            return "T" + number(bytes.size(), 4) + bytes;
        if (bytes.empty())
            return "c__builtin__\nbytes\n)R";
        const std::string text = utf8Of(bytes);
        return "c_codecs\nencode\nX" + number(text.size(), 4) + text + pickledText("latin1") + "\x86R";
    }

    std::string opcodes() const
    {
        const std::string zero("K\0\x85", 3);
        const std::string dtype = "cnumpy\ndtype\n" + shortText(type) + std::string("K\0K\1\x87R(K\3", 9) +
                                  shortText(order) + std::string("NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb", 17);
        return reconstruct + arrayClass + zero + bytesOf("b") + "\x87R(K\1" +
               (shapeText.empty() ? pickledTuple(shape) : shapeText) + dtype + (isFortran ? "\x88" : "\x89") +
               (data.empty() ? bytesOf(values) : data) + "tb";
    }
};

} // namespace mien::test
