#include "models/io/npy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>
#include <type_traits>

namespace mien {

namespace {

constexpr std::array<unsigned char, 6> magic = {0x93, 'N', 'U', 'M', 'P', 'Y'};
constexpr std::size_t largestHeader = 1 << 20; // a plain header has some hundred bytes
constexpr std::size_t longestText = 1 << 16;   // characters of one text element

tl::unexpected<Error> bad(const std::string &name, const std::string &why)
{
    return fail(ErrorCode::Invalid, name + ": " + why);
}

/// The few Python literals of a header: strings, True, False and tuples of whole numbers.
class LiteralReader
{
public:
    explicit LiteralReader(std::string_view text)
        : m_rest(text)
    {
    }

    bool take(char c)
    {
        skipSpace();
        if (m_rest.empty() || m_rest.front() != c)
            return false;
        m_rest.remove_prefix(1);
        return true;
    }

    std::optional<std::string> string()
    {
        skipSpace();
        if (m_rest.empty() || (m_rest.front() != '\'' && m_rest.front() != '"'))
            return std::nullopt;
        const std::size_t end = m_rest.find(m_rest.front(), 1);
        if (end == std::string_view::npos)
            return std::nullopt;
        std::string text(m_rest.substr(1, end - 1));
        m_rest.remove_prefix(end + 1);
        return text;
    }

    std::optional<bool> boolean()
    {
        skipSpace();
        for (const bool value : {true, false}) {
            const std::string_view word = value ? "True" : "False";
            if (m_rest.starts_with(word)) {
                m_rest.remove_prefix(word.size());
                return value;
            }
        }
        return std::nullopt;
    }

    std::optional<std::vector<std::int64_t>> tuple()
    {
        if (!take('('))
            return std::nullopt;
        std::vector<std::int64_t> values;
        while (!take(')')) {
            skipSpace();
            std::int64_t value = 0;
            const auto [end, error] = std::from_chars(m_rest.data(), m_rest.data() + m_rest.size(), value);
            if (error != std::errc() || value < 0 || values.size() >= 16)
                return std::nullopt;
            m_rest.remove_prefix(static_cast<std::size_t>(end - m_rest.data()));
            take('L'); // Python 2 wrote long integers like this
            values.push_back(value);
            if (!take(',')) {
                if (!take(')'))
                    return std::nullopt;
                break;
            }
        }
        return values;
    }

    bool atEnd()
    {
        skipSpace();
        return m_rest.empty();
    }

private:
    std::string_view m_rest;

    void skipSpace()
    {
        while (!m_rest.empty() && (m_rest.front() == ' ' || m_rest.front() == '\n' || m_rest.front() == '\t'))
            m_rest.remove_prefix(1);
    }
};

template <typename T>
T load(const std::byte *bytes, bool swapped)
{
    std::array<std::byte, sizeof(T)> raw;
    std::memcpy(raw.data(), bytes, sizeof(T));
    if (swapped)
        std::reverse(raw.begin(), raw.end());
    return std::bit_cast<T>(raw);
}

std::string textOf(const std::byte *bytes, char kind, std::size_t width, bool swapped)
{
    std::string text;
    if (kind == 'S') {
        text.assign(reinterpret_cast<const char *>(bytes), width);
    } else {
        for (std::size_t i = 0; i + 4 <= width; i += 4) {
            const auto code = load<std::uint32_t>(bytes + i, swapped);
            text.push_back(code < 128 ? static_cast<char>(code) : '?');
        }
    }
    text.resize(std::min(text.size(), text.find_last_not_of('\0') + 1)); // padding
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

template <typename T>
std::optional<T> numberIn(std::string_view text)
{
    if (text.starts_with('+'))
        text.remove_prefix(1);
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

/// nullopt: not a whole number that an int64 can hold.
template <typename To, typename From>
std::optional<To> numberFrom(From value)
{
    if constexpr (std::is_floating_point_v<To>) {
        return static_cast<To>(value);
    } else if constexpr (std::is_floating_point_v<From>) {
        if (!(value >= From(-9223372036854775808.0) && value < From(9223372036854775808.0)) ||
            std::trunc(value) != value)
            return std::nullopt;
        return static_cast<To>(value);
    } else {
        if (std::is_unsigned_v<From> &&
            static_cast<std::uint64_t>(value) > std::uint64_t(std::numeric_limits<To>::max()))
            return std::nullopt;
        return static_cast<To>(value);
    }
}

template <typename To>
std::optional<To> numberAt(const std::byte *bytes, char kind, std::size_t width, bool swapped)
{
    switch (kind) {
    case 'f':
        return width == 4 ? numberFrom<To>(load<float>(bytes, swapped)) : numberFrom<To>(load<double>(bytes, swapped));
    case 'i':
        switch (width) {
        case 1: return numberFrom<To>(load<std::int8_t>(bytes, false));
        case 2: return numberFrom<To>(load<std::int16_t>(bytes, swapped));
        case 4: return numberFrom<To>(load<std::int32_t>(bytes, swapped));
        default: return numberFrom<To>(load<std::int64_t>(bytes, swapped));
        }
    case 'u':
        switch (width) {
        case 1: return numberFrom<To>(load<std::uint8_t>(bytes, false));
        case 2: return numberFrom<To>(load<std::uint16_t>(bytes, swapped));
        case 4: return numberFrom<To>(load<std::uint32_t>(bytes, swapped));
        default: return numberFrom<To>(load<std::uint64_t>(bytes, swapped));
        }
    default: {
        const std::string text = textOf(bytes, kind, width, swapped);
        if (const auto whole = numberIn<std::int64_t>(text))
            return numberFrom<To>(*whole);
        const auto real = numberIn<double>(text);
        return real ? numberFrom<To>(*real) : std::nullopt;
    }
    }
}

std::string tupleText(const std::vector<std::int64_t> &shape)
{
    std::string text = "(";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + (shape.size() == 1 ? ",)" : ")");
}

template <typename T>
std::string descrOf()
{
    const char kind = std::is_floating_point_v<T> ? 'f' : std::is_unsigned_v<T> ? 'u' : 'i';
    const char order = sizeof(T) == 1 ? '|' : std::endian::native == std::endian::little ? '<' : '>';
    return std::string{order, kind} + std::to_string(sizeof(T));
}

template <typename T>
Result<> write(const std::filesystem::path &path, std::span<const T> values, std::vector<std::int64_t> shape)
{
    if (shape.empty())
        shape = {static_cast<std::int64_t>(values.size())};
    std::uint64_t cells = 1;
    for (const std::int64_t side : shape)
        cells *= static_cast<std::uint64_t>(side);
    if (cells != values.size())
        return bad(path.string(), "an array of shape " + tupleText(shape) + " cannot hold " +
                                      std::to_string(values.size()) + " values.");

    std::string header =
        "{'descr': '" + descrOf<T>() + "', 'fortran_order': False, 'shape': " + tupleText(shape) + ", }";
    header.append(63 - (10 + header.size()) % 64, ' ').push_back('\n'); // values begin at a multiple of 64
    std::string start(magic.begin(), magic.end());
    start += {'\x01', '\x00', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};

    const std::filesystem::path part = path.string() + ".part";
    std::ofstream file(part, std::ios::binary | std::ios::trunc);
    if (!file)
        return fail(ErrorCode::Unreadable, path.string() + " cannot be written: " + std::strerror(errno) + ".");
    file << start << header;
    file.write(reinterpret_cast<const char *>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
    file.close();
    std::error_code error;
    if (!file) {
        const int cause = errno;
        std::filesystem::remove(part, error);
        return fail(cause == ENOSPC ? ErrorCode::NoSpace : ErrorCode::Unreadable,
                    path.string() + " cannot be written: " + std::strerror(cause) + ".");
    }
    std::filesystem::rename(part, path, error);
    if (error)
        return fail(ErrorCode::Unreadable, path.string() + " cannot be written: " + error.message() + ".");
    return {};
}

} // namespace

struct NpyArray::Header
{
    char order = '|';
    char kind = 0;
    std::size_t width = 0;
    bool fortran = false;
    std::vector<std::int64_t> shape;
};

Result<NpyArray::Header> NpyArray::parseHeader(std::string_view text, const std::string &name)
{
    LiteralReader reader(text);
    std::optional<std::string> descr;
    std::optional<bool> fortran;
    std::optional<std::vector<std::int64_t>> shape;
    bool ok = reader.take('{');
    while (ok && !reader.take('}')) {
        const auto key = reader.string();
        ok = key && reader.take(':');
        if (!ok)
            break;
        if (*key == "descr") {
            descr = reader.string();
            if (!descr)
                return bad(name, "holds records; only plain numbers and texts are read.");
        } else if (*key == "fortran_order") {
            fortran = reader.boolean();
        } else if (*key == "shape") {
            shape = reader.tuple();
        } else {
            ok = false;
        }
        if (ok && !reader.take(',')) {
            ok = reader.take('}');
            break;
        }
    }
    if (!ok || !descr || !fortran || !shape || !reader.atEnd())
        return bad(name, "has an NPY header that cannot be understood.");

    Header header{.fortran = *fortran, .shape = *shape};
    if (descr->find('O') != std::string::npos)
        return bad(name, "holds Python objects; they are never loaded.");
    if (descr->size() < 3)
        return bad(name, "has the unknown type \"" + *descr + "\".");
    header.order = (*descr)[0];
    header.kind = (*descr)[1];
    const auto width = numberIn<std::uint32_t>(std::string_view(*descr).substr(2));
    const bool number = header.kind == 'i' || header.kind == 'u' || header.kind == 'f';
    const bool known = width && std::string_view("<>|=").find(header.order) != std::string_view::npos &&
                       (number ? *width == 4 || *width == 8 || (header.kind != 'f' && (*width == 1 || *width == 2))
                               : (header.kind == 'S' || header.kind == 'U') && *width > 0 && *width <= longestText);
    if (!known)
        return bad(name, "has the type \"" + *descr + "\"; i1 i2 i4 i8 u1 u2 u4 u8 f4 f8, S<n> and U<n> are read.");
    header.width = header.kind == 'U' ? *width * std::size_t(4) : *width;
    return header;
}

Result<std::size_t> NpyArray::headerLength(std::span<const std::byte> start, std::size_t &offset,
                                           const std::string &name)
{
    if (start.size() < 10 || std::memcmp(start.data(), magic.data(), magic.size()) != 0)
        return bad(name, "is not an NPY file.");
    const int major = std::to_integer<int>(start[6]);
    if (major < 1 || major > 3)
        return bad(name, "has NPY version " + std::to_string(major) + "; versions 1 to 3 are read.");
    const std::size_t lengthBytes = major == 1 ? 2 : 4;
    offset = 8 + lengthBytes;
    if (start.size() < offset)
        return bad(name, "ends within its header.");
    std::size_t length = 0;
    for (std::size_t i = 0; i < lengthBytes; ++i)
        length |= std::to_integer<std::size_t>(start[8 + i]) << (8 * i);
    if (length > largestHeader)
        return bad(name, "announces a header of " + std::to_string(length) + " bytes.");
    return length;
}

Result<NpyArray> NpyArray::fromHeader(const Header &header, std::uint64_t payload, const std::string &name)
{
    NpyArray array;
    array.m_name = name;
    array.m_shape = header.shape;
    array.m_kind = header.kind;
    array.m_width = header.width;
    const bool little = std::endian::native == std::endian::little;
    array.m_swapped = header.order == (little ? '>' : '<');
    array.m_fortran = header.fortran && std::count_if(header.shape.begin(), header.shape.end(),
                                                      [](std::int64_t side) { return side > 1; }) > 1;
    std::uint64_t count = 1;
    for (const std::int64_t side : header.shape)
        if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(side), &count))
            return bad(name, "announces the impossible shape " + tupleText(header.shape) + ".");
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(count, std::uint64_t(header.width), &bytes) || bytes != payload)
        return bad(name, "holds " + std::to_string(payload) + " bytes of values where its shape " +
                             tupleText(header.shape) + " and type need another number: it is cut off or damaged.");
    array.m_count = static_cast<std::int64_t>(count);
    return array;
}

Result<NpyArray> NpyArray::parse(std::span<const std::byte> file, const std::string &name)
{
    std::size_t offset = 0;
    const auto length = headerLength(file.first(std::min<std::size_t>(file.size(), 12)), offset, name);
    if (!length)
        return fail(length.error());
    if (file.size() < offset + *length)
        return bad(name, "ends within its header.");
    const auto header = parseHeader({reinterpret_cast<const char *>(file.data()) + offset, *length}, name);
    if (!header)
        return fail(header.error());
    const auto values = file.subspan(offset + *length);
    auto array = fromHeader(*header, values.size(), name);
    if (array) {
        auto bytes = std::make_shared_for_overwrite<std::byte[]>(values.size());
        if (!values.empty())
            std::memcpy(bytes.get(), values.data(), values.size());
        array->m_bytes = std::move(bytes);
    }
    return array;
}

Result<NpyArray> NpyArray::read(const std::filesystem::path &path)
{
    const std::string name = path.string();
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        return fail(ErrorCode::NotFound, name + " does not exist.");
    const std::uint64_t size = std::filesystem::file_size(path, error);
    std::ifstream file(path, std::ios::binary);
    if (error || !file)
        return fail(ErrorCode::Unreadable,
                    name + " cannot be read: " + (error ? error.message() : std::strerror(errno)) + ".");

    std::array<std::byte, 12> start{};
    file.read(reinterpret_cast<char *>(start.data()), start.size());
    std::size_t offset = 0;
    const auto length = headerLength(std::span(start).first(static_cast<std::size_t>(file.gcount())), offset, name);
    if (!length)
        return fail(length.error());
    if (size < offset + *length)
        return bad(name, "ends within its header.");
    std::string text(*length, '\0');
    file.clear();
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    const auto header = parseHeader(text, name);
    if (!header)
        return fail(header.error());
    auto array = fromHeader(*header, size - offset - *length, name);
    if (!array)
        return array;
    const std::size_t payload = static_cast<std::size_t>(array->m_count) * array->m_width;
    auto bytes = std::make_shared_for_overwrite<std::byte[]>(payload);
    file.read(reinterpret_cast<char *>(bytes.get()), static_cast<std::streamsize>(payload));
    if (static_cast<std::size_t>(file.gcount()) != payload)
        return fail(ErrorCode::Unreadable, name + " could not be read to its end.");
    array->m_bytes = std::move(bytes);
    return array;
}

std::string NpyArray::descr() const
{
    const bool little = (std::endian::native == std::endian::little) != m_swapped;
    const char order = m_width == 1 || m_kind == 'S' ? '|' : little ? '<' : '>';
    return std::string{order, m_kind} + std::to_string(m_kind == 'U' ? m_width / 4 : m_width);
}

std::string NpyArray::shapeText() const
{
    return tupleText(m_shape);
}

const std::byte *NpyArray::element(std::int64_t index) const
{
    if (m_fortran) {
        std::int64_t stride = m_count;
        std::int64_t place = 0;
        for (std::size_t axis = m_shape.size();
             axis-- > 0;) { // the last axis runs fastest in `index`, slowest in the file
            stride /= m_shape[axis];
            place += index % m_shape[axis] * stride;
            index /= m_shape[axis];
        }
        index = place;
    }
    return m_bytes.get() + static_cast<std::size_t>(index) * m_width;
}

template <typename T>
Result<std::vector<T>> NpyArray::converted() const
{
    std::vector<T> values(static_cast<std::size_t>(m_count));
    for (std::int64_t i = 0; i < m_count; ++i) {
        const auto value = numberAt<T>(element(i), m_kind, m_width, m_swapped);
        if (!value)
            return bad(m_name, "value " + std::to_string(i) + " (counted from 0) is not a " +
                                   (std::is_integral_v<T> ? "whole number." : "number."));
        values[static_cast<std::size_t>(i)] = *value;
    }
    return values;
}

template <typename T>
std::span<const T> NpyArray::inPlace(char kind) const
{
    if (m_kind != kind || m_width != sizeof(T) || m_swapped || m_fortran)
        return {};
    return {reinterpret_cast<const T *>(m_bytes.get()), static_cast<std::size_t>(m_count)};
}

std::span<const float> NpyArray::asFloats() const
{
    return inPlace<float>('f');
}

std::span<const double> NpyArray::asDoubles() const
{
    return inPlace<double>('f');
}

std::span<const std::int64_t> NpyArray::asIntegers() const
{
    return inPlace<std::int64_t>('i');
}

Result<std::vector<double>> NpyArray::doubles() const
{
    if (const auto values = asDoubles(); !values.empty())
        return std::vector<double>(values.begin(), values.end());
    return converted<double>();
}

Result<std::vector<float>> NpyArray::floats() const
{
    if (const auto values = asFloats(); !values.empty())
        return std::vector<float>(values.begin(), values.end());
    return converted<float>();
}

Result<std::vector<std::int64_t>> NpyArray::integers() const
{
    if (const auto values = asIntegers(); !values.empty())
        return std::vector<std::int64_t>(values.begin(), values.end());
    return converted<std::int64_t>();
}

Result<> writeNpy(const std::filesystem::path &path, std::span<const float> values,
                  const std::vector<std::int64_t> &shape)
{
    return write(path, values, shape);
}

Result<> writeNpy(const std::filesystem::path &path, std::span<const double> values,
                  const std::vector<std::int64_t> &shape)
{
    return write(path, values, shape);
}

Result<> writeNpy(const std::filesystem::path &path, std::span<const std::int64_t> values,
                  const std::vector<std::int64_t> &shape)
{
    return write(path, values, shape);
}

Result<> writeNpy(const std::filesystem::path &path, std::span<const std::int32_t> values,
                  const std::vector<std::int64_t> &shape)
{
    return write(path, values, shape);
}

Result<> writeNpy(const std::filesystem::path &path, std::span<const std::uint8_t> values,
                  const std::vector<std::int64_t> &shape)
{
    return write(path, values, shape);
}

} // namespace mien
