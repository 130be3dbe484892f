#include "pipeline/imaging/png_decoder.h"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

namespace mien {

namespace {

struct Reading
{
    std::span<const std::uint8_t> bytes;
    std::size_t at = 0;
    std::string message;
    int heightPx = 0;
    bool isInterlaced = false;
    int rows = 0;            ///< Complete rows so far.
    bool isBytewise = false; ///< Near the end libpng reads byte by byte: a cut file has no whole block left.
    bool isTooEarly = false; ///< More was asked for than there is.
};

constexpr std::size_t blockSize = 8192; // what libpng asks for at once

std::size_t bytesLeft(const Reading &reading)
{
    return reading.bytes.size() - reading.at;
}

void readBytes(png_structp png, png_bytep to, std::size_t count)
{
    auto *const reading = static_cast<Reading *>(png_get_io_ptr(png));
    if (bytesLeft(*reading) < count) {
        reading->isTooEarly = true;
        png_error(png, "the file ends too early");
    }
    std::memcpy(to, reading->bytes.data() + reading->at, count);
    reading->at += count;
    if (reading->isBytewise && bytesLeft(*reading) <= blockSize)
        png_set_compression_buffer_size(png, 1);
}

void onError(png_structp png, png_const_charp message)
{
    auto *const reading = static_cast<Reading *>(png_get_error_ptr(png));
    reading->message = message;
    // libpng looks for the end of the data before it hands out the last row. Asked here: behind the jump a compiler
    // need not know what was set before it.
    if (reading->isInterlaced ? png_get_current_pass_number(png) >= 7
                              : int(png_get_current_row_number(png)) >= reading->heightPx)
        reading->rows = reading->heightPx;
    png_longjmp(png, 1);
}

void onWarning(png_structp, png_const_charp) {}

Result<Picture> decode(Reading &reading)
{
    Picture picture;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading, onError, onWarning);
    png_infop info = png ? png_create_info_struct(png) : nullptr;
    if (!info) {
        png_destroy_read_struct(&png, nullptr, nullptr);
        return fail(ErrorCode::Internal, "There is not enough memory to read the picture.");
    }
    // Everything with a destructor lives above: longjmp must not jump over one.
    if (!setjmp(png_jmpbuf(png))) {
        png_set_read_fn(png, &reading, readBytes);
        png_set_compression_buffer_size(png, reading.isBytewise && bytesLeft(reading) <= blockSize ? 1 : blockSize);
        png_set_crc_action(png, PNG_CRC_WARN_USE, PNG_CRC_WARN_DISCARD);
        png_set_chunk_malloc_max(png, 64u << 20);
        png_read_info(png, info);
        png_set_expand(png);
        png_set_strip_16(png);
        png_set_strip_alpha(png);
        const int passes = png_set_interlace_handling(png);
        png_read_update_info(png, info);
        picture.widthPx = int(png_get_image_width(png, info));
        picture.heightPx = int(png_get_image_height(png, info));
        reading.heightPx = picture.heightPx;
        reading.isInterlaced = passes > 1;
        picture.channels = png_get_channels(png, info);
        const std::size_t stride = png_get_rowbytes(png, info);
        picture.pixels.resize(stride * std::size_t(picture.heightPx));
        for (int pass = 0; pass < passes; ++pass) {
            for (int y = 0; y < picture.heightPx; ++y) {
                png_read_row(png, picture.pixels.data() + stride * std::size_t(y), nullptr);
                if (pass + 1 == passes)
                    reading.rows = y + 1;
            }
        }
    }
    png_destroy_read_struct(&png, &info, nullptr);
    if (picture.heightPx == 0 || (picture.channels != 1 && picture.channels != 3))
        return fail(ErrorCode::Unreadable, "It is a damaged PNG picture (" + reading.message + ").");
    picture.decodedRows = reading.rows;
    picture.truncated = reading.isTooEarly || picture.decodedRows < picture.heightPx;
    return picture;
}

} // namespace

Result<Picture> decodePng(std::span<const std::uint8_t> bytes)
{
    Reading reading{.bytes = bytes};
    auto picture = decode(reading);
    if (!reading.isTooEarly)
        return picture;
    // libpng threw the last, incomplete block away, and a small picture is all in it.
    Reading again{.bytes = bytes, .isBytewise = true};
    return decode(again);
}

} // namespace mien
