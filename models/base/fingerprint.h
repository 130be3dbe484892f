#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mien {

/// Names an input by its bytes (FNV-1a, 64 bit), to tell whether a stored result still fits. Not cryptographic.
class Fingerprint
{
public:
    Fingerprint &add(std::string_view bytes)
    {
        for (const char byte : bytes)
            m_value = (m_value ^ std::uint8_t(byte)) * 0x100000001b3ULL;
        m_value = (m_value ^ 0xff) * 0x100000001b3ULL; // "ab","c" differs from "a","bc"
        return *this;
    }

    Fingerprint &add(std::span<const std::int64_t> numbers)
    {
        return add(std::string_view(reinterpret_cast<const char *>(numbers.data()), numbers.size_bytes()));
    }

    /// 16 hexadecimal digits.
    std::string hex() const
    {
        std::string digits(16, '0');
        for (int i = 0; i < 16; ++i)
            digits[std::size_t(i)] = "0123456789abcdef"[(m_value >> (60 - 4 * i)) & 15];
        return digits;
    }

private:
    std::uint64_t m_value = 0xcbf29ce484222325ULL;
};

} // namespace mien
