#pragma once

#include <cstring>
#include <string>
#include <string_view>

namespace mien::test {

/// An .npy file of format version 1. @param shape  as Python writes it: "()", "(136,)"
inline std::string npyBytes(std::string_view descr, std::string_view shape, std::string_view payload)
{
    std::string header =
        "{'descr': '" + std::string(descr) + "', 'fortran_order': False, 'shape': " + std::string(shape) + ", }";
    header.resize((header.size() + 10) / 64 * 64 + 64 - 10 - 1, ' ');
    header += '\n';
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes += static_cast<char>(header.size() & 0xff);
    bytes += static_cast<char>(header.size() >> 8);
    return bytes + header + std::string(payload);
}

/// The bytes of a number as this machine stores it.
template <typename T>
std::string bytesOf(T value)
{
    std::string bytes(sizeof(T), '\0');
    std::memcpy(bytes.data(), &value, sizeof(T));
    return bytes;
}

} // namespace mien::test
