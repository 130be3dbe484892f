#include "pipeline/imaging/jpeg_codec.h"

#include <cstdio>

#include <jpeglib.h>

#include <jerror.h>

#include <csetjmp>
#include <cstdlib>
#include <new>

namespace mien {

namespace {

struct Failure
{
    jpeg_error_mgr base;
    std::jmp_buf escape;
    char message[JMSG_LENGTH_MAX];
};

void leave(j_common_ptr info)
{
    auto *const failure = reinterpret_cast<Failure *>(info->err);
    (*info->err->format_message)(info, failure->message);
    std::longjmp(failure->escape, 1);
}

/// Memory source that notes the row at which the data ended; libjpeg fills the rest with grey.
struct Source
{
    jpeg_source_mgr base;
    int endedAtRow = -1;
};

int rowsReady(j_decompress_ptr info)
{
    // In a progressive file the rows come out after the last scan; what counts is how far the first scan got.
    const std::int64_t rowsOfMcu = info->max_v_samp_factor * DCTSIZE, outOf = info->image_height;
    if (!info->progressive_mode && !info->buffered_image)
        return int(info->output_scanline);
    const std::int64_t rows = info->input_scan_number > 1 ? outOf : std::min(info->input_iMCU_row * rowsOfMcu, outOf);
    return int(rows * info->output_height / outOf);
}

void noteEnd(j_decompress_ptr info)
{
    auto *const source = reinterpret_cast<Source *>(info->src);
    if (source->endedAtRow < 0)
        source->endedAtRow = rowsReady(info);
}

/// Warnings are not printed. One of them counts: the picture's data ended at a marker before all rows were there, as
/// in a file that was cut off and closed again, or that promises more rows than it has. At a marker of restart, data
/// are damaged, and go on behind it.
void noteWarning(j_common_ptr info, int level)
{
    if (level != -1 || info->err->msg_code != JWRN_HIT_MARKER)
        return;
    const auto decompress = reinterpret_cast<j_decompress_ptr>(info);
    if (decompress->unread_marker < JPEG_RST0 || decompress->unread_marker > JPEG_RST0 + 7)
        noteEnd(decompress);
}

boolean endOfData(j_decompress_ptr info)
{
    static const JOCTET end[2] = {0xff, JPEG_EOI};
    auto *const source = reinterpret_cast<Source *>(info->src);
    noteEnd(info);
    source->base.next_input_byte = end;
    source->base.bytes_in_buffer = 2;
    return TRUE;
}

void skip(j_decompress_ptr info, long count)
{
    if (count <= 0)
        return;
    if (std::size_t(count) >= info->src->bytes_in_buffer) {
        endOfData(info);
        return;
    }
    info->src->next_input_byte += count;
    info->src->bytes_in_buffer -= std::size_t(count);
}

void nothing(j_decompress_ptr) {}

/// The largest of 8, 4, 2 and 1 by which the longer side may be divided.
unsigned divisorFor(const jpeg_decompress_struct &info, int enoughPx)
{
    const unsigned longer = std::max(info.image_width, info.image_height);
    unsigned divisor = enoughPx > 0 ? 8 : 1;
    while (divisor > 1 && longer / divisor < unsigned(enoughPx))
        divisor /= 2;
    return divisor;
}

} // namespace

Result<Picture> decodeJpeg(std::span<const std::uint8_t> bytes, int enoughPx)
{
    jpeg_decompress_struct info = {};
    Failure failure = {};
    info.err = jpeg_std_error(&failure.base);
    failure.base.error_exit = leave;
    failure.base.emit_message = noteWarning;
    Source source = {};
    Picture picture;
    // Everything with a destructor lives above: longjmp must not jump over one.
    if (setjmp(failure.escape)) {
        const std::string message = failure.message;
        jpeg_destroy_decompress(&info);
        return fail(ErrorCode::Unreadable, "It is a damaged JPEG picture (" + message + ").");
    }
    jpeg_create_decompress(&info);
    info.mem->max_memory_to_use = 1L << 30;
    source.base.init_source = nothing;
    source.base.fill_input_buffer = endOfData;
    source.base.skip_input_data = skip;
    source.base.resync_to_restart = jpeg_resync_to_restart;
    source.base.term_source = nothing;
    source.base.next_input_byte = bytes.data();
    source.base.bytes_in_buffer = bytes.size();
    info.src = &source.base;
    jpeg_read_header(&info, TRUE);
    if (info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK) {
        jpeg_destroy_decompress(&info);
        return fail(ErrorCode::NotFound, "CMYK");
    }
    info.out_color_space = info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    info.scale_num = 1;
    info.scale_denom = divisorFor(info, enoughPx);
    info.do_fancy_upsampling = info.scale_denom == 1; // what is shrunken further needs no smooth colours
    jpeg_start_decompress(&info);
    picture.widthPx = int(info.output_width);
    picture.heightPx = int(info.output_height);
    picture.channels = info.output_components;
    const std::size_t stride = std::size_t(picture.widthPx) * std::size_t(picture.channels);
    picture.pixels.resize(stride * std::size_t(picture.heightPx));
    while (info.output_scanline < info.output_height) {
        JSAMPROW row = picture.pixels.data() + stride * info.output_scanline;
        jpeg_read_scanlines(&info, &row, 1);
    }
    picture.decodedRows = source.endedAtRow >= 0 ? source.endedAtRow : picture.heightPx;
    jpeg_finish_decompress(&info);
    jpeg_destroy_decompress(&info);
    // Cut in a later scan of a progressive file, every row is there, but without its detail.
    picture.truncated = source.endedAtRow >= 0;
    return picture;
}

std::vector<std::uint8_t> encodeJpeg(const Picture &picture, int quality)
{
    jpeg_compress_struct info = {};
    Failure failure = {};
    info.err = jpeg_std_error(&failure.base);
    failure.base.error_exit = leave;
    unsigned char *bytes = nullptr;
    unsigned long size = 0;
    std::vector<std::uint8_t> encoded;
    if (setjmp(failure.escape)) { // memory: nothing else can fail
        jpeg_destroy_compress(&info);
        std::free(bytes);
        throw std::bad_alloc();
    }
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &bytes, &size);
    info.image_width = JDIMENSION(picture.widthPx);
    info.image_height = JDIMENSION(picture.heightPx);
    info.input_components = picture.channels;
    info.in_color_space = picture.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    const std::size_t stride = std::size_t(picture.widthPx) * std::size_t(picture.channels);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = const_cast<JSAMPROW>(picture.pixels.data()) + stride * info.next_scanline;
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    encoded.assign(bytes, bytes + size);
    std::free(bytes);
    return encoded;
}

} // namespace mien
