#include "pipeline/import/byte_stream.h"

#include "pipeline/import/file_facts.h"
#include "pipeline/import/text_form.h"

#include <lzma.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mien {

namespace {

class PlainStream : public ByteStream
{
public:
    PlainStream(int descriptor, std::filesystem::path path)
        : m_descriptor(descriptor)
        , m_path(std::move(path))
    {
    }
    ~PlainStream() override { close(m_descriptor); }
    PlainStream(const PlainStream &) = delete;
    PlainStream &operator=(const PlainStream &) = delete;

    Result<std::size_t> read(std::span<char> into) override
    {
        for (;;) {
            const ssize_t count = ::read(m_descriptor, into.data(), into.size());
            if (count >= 0) {
                m_consumed += count;
                return std::size_t(count);
            }
            if (errno != EINTR)
                return fail(ErrorCode::Unreadable, shown(m_path) + " cannot be read on: " + std::strerror(errno) + ".");
        }
    }
    std::int64_t consumed() const override { return m_consumed; }
    std::int64_t size() const override
    {
        struct stat facts = {};
        return fstat(m_descriptor, &facts) == 0 ? facts.st_size : 0;
    }

private:
    int m_descriptor;
    std::filesystem::path m_path;
    std::int64_t m_consumed = 0;
};

class XzStream : public ByteStream
{
public:
    XzStream(std::unique_ptr<ByteStream> packed, std::filesystem::path path)
        : m_packed(std::move(packed))
        , m_path(std::move(path))
        , m_buffer(256 * 1024)
    {
        m_ready = begin();
    }
    ~XzStream() override { lzma_end(&m_stream); }
    XzStream(const XzStream &) = delete;
    XzStream &operator=(const XzStream &) = delete;

    Result<std::size_t> read(std::span<char> into) override
    {
        if (!m_ready)
            return fail(ErrorCode::Internal, "There is not enough memory to unpack " + shown(m_path) + ".");
        m_stream.next_out = reinterpret_cast<std::uint8_t *>(into.data());
        m_stream.avail_out = into.size();
        while (!m_done && !m_failure && m_stream.avail_out == into.size()) {
            if (const auto filled = fill(); !filled)
                return fail(filled.error());
            const lzma_ret state = lzma_code(&m_stream, m_atEnd ? LZMA_FINISH : LZMA_RUN);
            if (state == LZMA_STREAM_END) {
                if (const auto followed = goOnBehind(); !followed) {
                    m_failure = followed.error();
                    break; // what was unpacked is good
                }
            } else if (state != LZMA_OK) {
                return fail(state == LZMA_BUF_ERROR ? ErrorCode::Invalid : ErrorCode::Unreadable,
                            shown(m_path) + (state == LZMA_BUF_ERROR ? " ends too early" : " is damaged") +
                                " (xz); download or copy it again.");
            }
        }
        if (m_failure && m_stream.avail_out == into.size())
            return fail(*m_failure);
        return into.size() - m_stream.avail_out;
    }
    std::int64_t consumed() const override { return m_packed->consumed(); }
    std::int64_t size() const override { return m_packed->size(); }

private:
    bool begin()
    {
        constexpr std::uint64_t memoryLimit = 512ull << 20;
        return lzma_stream_decoder(&m_stream, memoryLimit, 0) == LZMA_OK;
    }

    Result<> fill()
    {
        if (m_stream.avail_in > 0 || m_atEnd)
            return {};
        const auto count = m_packed->read(m_buffer);
        if (!count)
            return fail(count.error());
        m_stream.next_in = reinterpret_cast<const std::uint8_t *>(m_buffer.data());
        m_stream.avail_in = *count;
        m_atEnd = *count == 0;
        return {};
    }

    /// Behind a whole stream: padding and the end, or another one (as `cat a.xz b.xz` makes).
    Result<> goOnBehind()
    {
        while (true) {
            if (const auto filled = fill(); !filled)
                return filled;
            if (m_stream.avail_in == 0) {
                m_done = true;
                return {};
            }
            if (*m_stream.next_in != 0)
                break;
            ++m_stream.next_in;
            --m_stream.avail_in;
        }
        constexpr std::uint8_t firstOfMagic = 0xfd;
        if (*m_stream.next_in != firstOfMagic)
            return fail(ErrorCode::Invalid, shown(m_path) + " is whole, but something that is no xz follows its end; "
                                                            "cut that off, or download or copy it again.");
        m_ready = begin();
        return m_ready ? Result<>()
                       : fail(ErrorCode::Internal, "There is not enough memory to unpack " + shown(m_path) + ".");
    }

    std::unique_ptr<ByteStream> m_packed;
    std::filesystem::path m_path;
    std::vector<char> m_buffer;
    lzma_stream m_stream = LZMA_STREAM_INIT;
    std::optional<Error> m_failure; ///< Told once what came before it is given away.
    bool m_ready = false, m_atEnd = false, m_done = false;
};

/// Keeps a copy of what passes; without room for it, it forgets all of it.
class KeepingStream : public ByteStream
{
public:
    KeepingStream(std::unique_ptr<ByteStream> source, int &kept)
        : m_source(std::move(source))
        , m_kept(kept)
    {
    }

    Result<std::size_t> read(std::span<char> into) override
    {
        const auto count = m_source->read(into);
        std::span<const char> left = count ? into.first(*count) : std::span<char>();
        while (m_kept >= 0 && !left.empty()) {
            const ssize_t written = ::write(m_kept, left.data(), left.size());
            if (written > 0)
                left = left.subspan(std::size_t(written));
            else if (errno != EINTR)
                forget();
        }
        if (!count)
            forget(); // a copy that ends early would hide why
        return count;
    }
    std::int64_t consumed() const override { return m_source->consumed(); }
    std::int64_t size() const override { return m_source->size(); }

private:
    void forget()
    {
        if (m_kept >= 0)
            close(m_kept);
        m_kept = -1;
    }

    std::unique_ptr<ByteStream> m_source;
    int &m_kept;
};

class Utf8Stream : public ByteStream
{
public:
    explicit Utf8Stream(std::unique_ptr<ByteStream> source)
        : m_source(std::move(source))
    {
    }

    Result<std::size_t> read(std::span<char> into) override
    {
        while (true) {
            if (m_at < m_ready.size()) {
                const std::size_t count = std::min(into.size(), m_ready.size() - m_at);
                std::memcpy(into.data(), m_ready.data() + m_at, count);
                m_at += count;
                return count;
            }
            if (m_form == Form::Plain)
                return m_source->read(into);
            if (m_isDone)
                return std::size_t(0);
            if (const auto filled = fill(); !filled)
                return fail(filled.error());
        }
    }
    std::int64_t consumed() const override { return m_source->consumed(); }
    std::int64_t size() const override { return m_source->size(); }

private:
    enum class Form { Unknown, Plain, LittleEndian, BigEndian };

    Result<> fill()
    {
        m_ready.clear();
        m_at = 0;
        std::array<char, 64 * 1024> buffer;
        const auto count = m_source->read(buffer);
        if (!count)
            return fail(count.error());
        m_isDone = *count == 0;
        m_bytes.append(buffer.data(), *count);
        if (m_form == Form::Unknown) {
            if (m_bytes.size() < 2 && !m_isDone)
                return {};
            m_form = m_bytes.starts_with("\xff\xfe")   ? Form::LittleEndian
                     : m_bytes.starts_with("\xfe\xff") ? Form::BigEndian
                                                       : Form::Plain;
            if (m_form != Form::Plain)
                m_bytes.erase(0, 2);
        }
        if (m_form == Form::Plain)
            m_ready = std::exchange(m_bytes, {});
        else
            decode();
        return {};
    }

    std::uint32_t unitAt(std::size_t at) const
    {
        const auto first = static_cast<unsigned char>(m_bytes[at]),
                   second = static_cast<unsigned char>(m_bytes[at + 1]);
        return m_form == Form::LittleEndian ? first | std::uint32_t(second) << 8 : second | std::uint32_t(first) << 8;
    }

    void decode()
    {
        std::size_t at = 0;
        for (; at + 2 <= m_bytes.size(); at += 2) {
            std::uint32_t code = unitAt(at);
            if (code >= 0xd800 && code < 0xdc00) {
                if (at + 4 > m_bytes.size() && !m_isDone)
                    break; // its other half is still to come
                const std::uint32_t low = at + 4 <= m_bytes.size() ? unitAt(at + 2) : 0;
                if (low >= 0xdc00 && low < 0xe000) {
                    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                    at += 2;
                } else {
                    code = 0xfffd;
                }
            } else if (code >= 0xdc00 && code < 0xe000) {
                code = 0xfffd;
            }
            m_ready += utf8Of(code);
        }
        m_bytes.erase(0, at);
    }

    std::unique_ptr<ByteStream> m_source;
    Form m_form = Form::Unknown;
    bool m_isDone = false;
    std::string m_bytes; ///< Not decoded yet.
    std::string m_ready; ///< Decoded, not given away yet.
    std::size_t m_at = 0;
};

/// A file without a name in the folder for temporary files; -1: there is none.
int namelessFile()
{
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
    if (error)
        return -1;
    if (const int descriptor = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); descriptor >= 0)
        return descriptor;
    std::string name = (folder / "mien-XXXXXX").native();
    const int descriptor = mkostemp(name.data(), O_CLOEXEC);
    if (descriptor >= 0)
        unlink(name.c_str());
    return descriptor;
}

/// Fills from the front of a stream.
Result<std::size_t> readFully(ByteStream &stream, std::span<char> into)
{
    std::size_t filled = 0;
    while (filled < into.size()) {
        const auto count = stream.read(into.subspan(filled));
        if (!count)
            return fail(count.error());
        if (*count == 0)
            break;
        filled += *count;
    }
    return filled;
}

Result<std::string> headOfStream(ByteStream &stream, std::size_t count)
{
    std::string head(count, '\0');
    std::size_t filled = 0;
    while (filled < count) {
        const auto got = stream.read(std::span(head).subspan(filled));
        if (!got && (filled == 0 || got.error().code != ErrorCode::Invalid))
            return fail(got.error());
        if (!got || *got == 0)
            break; // Invalid: a copy that is cut short still has its head
        filled += *got;
    }
    head.resize(filled);
    return head;
}

} // namespace

Result<std::unique_ptr<ByteStream>> openByteStream(const std::filesystem::path &path)
{
    if (const auto readable = refusePipe(path); !readable)
        return fail(readable.error());
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return fail(errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Unreadable,
                    shown(path) + " cannot be opened: " + std::strerror(errno) + ".");
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    auto plain = std::make_unique<PlainStream>(descriptor, path);
    std::array<char, 6> magic = {};
    if (pread(descriptor, magic.data(), magic.size(), 0) == 6 && std::memcmp(magic.data(),
                                                                             "\xfd"
                                                                             "7zXZ\0",
                                                                             6) == 0)
        return std::make_unique<XzStream>(std::move(plain), path);
    return plain;
}

TwiceRead::~TwiceRead()
{
    if (m_kept >= 0)
        close(m_kept);
}

Result<std::unique_ptr<ByteStream>> TwiceRead::first()
{
    auto stream = openByteStream(m_path);
    if (!stream || !dynamic_cast<XzStream *>(stream->get()))
        return stream;
    m_kept = namelessFile();
    return std::make_unique<KeepingStream>(std::move(*stream), m_kept);
}

Result<std::unique_ptr<ByteStream>> TwiceRead::second()
{
    if (m_kept < 0 || lseek(m_kept, 0, SEEK_SET) != 0)
        return openByteStream(m_path);
    return std::make_unique<PlainStream>(std::exchange(m_kept, -1), m_path);
}

std::unique_ptr<ByteStream> asUtf8(std::unique_ptr<ByteStream> bytes)
{
    return std::make_unique<Utf8Stream>(std::move(bytes));
}

Result<std::unique_ptr<ByteStream>> openTextStream(const std::filesystem::path &path)
{
    auto stream = openByteStream(path);
    if (!stream)
        return stream;
    return asUtf8(std::move(*stream));
}

Result<std::string> headOf(const std::filesystem::path &path, std::size_t count)
{
    const auto stream = openByteStream(path);
    return stream ? headOfStream(**stream, count) : fail(stream.error());
}

Result<std::string> textHeadOf(const std::filesystem::path &path, std::size_t count)
{
    const auto stream = openTextStream(path);
    return stream ? headOfStream(**stream, count) : fail(stream.error());
}

Result<std::vector<std::uint8_t>> wholeFile(const std::filesystem::path &path, std::size_t most)
{
    auto stream = openByteStream(path);
    if (!stream)
        return fail(stream.error());
    std::vector<std::uint8_t> bytes(std::min(most, std::size_t(std::max<std::int64_t>(0, fileFacts(path).bytes))));
    const auto filled = readFully(**stream, {reinterpret_cast<char *>(bytes.data()), bytes.size()});
    if (!filled)
        return fail(filled.error());
    bytes.resize(*filled);
    return bytes;
}

std::string shown(const std::filesystem::path &path)
{
    return displayText(path.native());
}

} // namespace mien
