#include "pipeline/imaging/content_kind.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>

namespace mien {

namespace {

std::string_view textOf(std::span<const std::uint8_t> bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

bool beginsWithAnyCase(std::string_view text, std::string_view lowerPrefix)
{
    return text.size() >= lowerPrefix.size() &&
           std::equal(lowerPrefix.begin(), lowerPrefix.end(), text.begin(), [](char wanted, char found) {
               return wanted == char(std::tolower(static_cast<unsigned char>(found)));
           });
}

bool isAnyOf(std::string_view text, std::initializer_list<std::string_view> choices)
{
    return std::find(choices.begin(), choices.end(), text) != choices.end();
}

bool looksLikeScript(std::string_view text)
{
    for (std::string_view start :
         {"#!", "import ", "from ", "#include", "wget ", "curl ", "pip ", "git clone", "<?php", "def ", "kaggle "})
        if (text.starts_with(start))
            return true;
    return false;
}

bool isPrintable(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 32 || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
    });
}

} // namespace

ContentKind contentKindOf(std::span<const std::uint8_t> head)
{
    if (head.empty())
        return ContentKind::Empty;
    std::string_view text = textOf(head.first(std::min<std::size_t>(head.size(), 4096)));
    if (text.starts_with("\xff\xd8\xff"))
        return ContentKind::Jpeg;
    if (text.starts_with("\x89PNG\r\n\x1a\n"))
        return ContentKind::Png;
    if (text.starts_with("GIF87a") || text.starts_with("GIF89a"))
        return ContentKind::Gif;
    if (text.size() >= 26 && text.starts_with("BM") &&
        (head[14] == 12 || head[14] == 40 || head[14] == 108 || head[14] == 124) && head[15] == 0)
        return ContentKind::Bmp;
    if (text.starts_with(std::string_view("II*\0", 4)) || text.starts_with(std::string_view("MM\0*", 4)))
        return ContentKind::Tiff;
    if (text.size() >= 12 && text.starts_with("RIFF") && text.substr(8, 4) == "WEBP")
        return ContentKind::Webp;
    if (text.size() >= 7 && text[0] == 'P' && text[1] >= '1' && text[1] <= '6' && std::isspace(head[2]))
        return ContentKind::Pnm;
    if (text.starts_with("\xfd"
                         "7zXZ"))
        return ContentKind::Xz;
    if (text.starts_with("PK\x03\x04") || text.starts_with("\x1f\x8b") || text.starts_with("7z\xbc\xaf") ||
        text.starts_with("Rar!") || (text.size() >= 262 && text.substr(257, 5) == "ustar"))
        return ContentKind::Archive;

    if (text.starts_with("\xef\xbb\xbf"))
        text.remove_prefix(3);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
        text.remove_prefix(1);
    if (text.starts_with("version https://git-lfs.github.com/spec/"))
        return ContentKind::LfsPointer;
    if (beginsWithAnyCase(text, "<!doctype html") || beginsWithAnyCase(text, "<html") ||
        beginsWithAnyCase(text, "<head") || beginsWithAnyCase(text, "<body"))
        return ContentKind::Html;
    if (looksLikeScript(text))
        return ContentKind::Script;
    return isPrintable(text) ? ContentKind::Text : ContentKind::Unknown;
}

bool isPicture(ContentKind kind)
{
    return kind >= ContentKind::Jpeg && kind <= ContentKind::Pnm;
}

bool extensionFits(ContentKind kind, std::string_view extension)
{
    std::string lower(extension);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    switch (kind) {
    case ContentKind::Jpeg: return isAnyOf(lower, {"jpg", "jpeg", "jpe", "jfif"});
    case ContentKind::Png: return lower == "png";
    case ContentKind::Bmp: return isAnyOf(lower, {"bmp", "dib"});
    case ContentKind::Gif: return lower == "gif";
    case ContentKind::Tiff: return isAnyOf(lower, {"tif", "tiff"});
    case ContentKind::Webp: return lower == "webp";
    case ContentKind::Pnm: return isAnyOf(lower, {"pgm", "ppm", "pbm", "pnm"});
    default: return false;
    }
}

std::string describe(ContentKind kind)
{
    switch (kind) {
    case ContentKind::Empty: return "an empty file (0 bytes); copy or download it again";
    case ContentKind::LfsPointer:
        return "a Git LFS pointer, not the data; run `git lfs pull` in its repository to get the file itself";
    case ContentKind::Html:
        return "a web page (HTML), not the data; the download needed a login or a confirmation, download it again in a "
               "browser";
    case ContentKind::Script: return "a program text, not the data; it may be the script that downloads the data";
    case ContentKind::Jpeg: return "a JPEG picture";
    case ContentKind::Png: return "a PNG picture";
    case ContentKind::Bmp: return "a BMP picture";
    case ContentKind::Gif: return "a GIF picture";
    case ContentKind::Tiff: return "a TIFF picture";
    case ContentKind::Webp: return "a WebP picture";
    case ContentKind::Pnm: return "a PGM/PPM picture";
    case ContentKind::Archive: return "a packed archive; unpack it and import the folder";
    case ContentKind::Xz: return "xz-compressed data";
    case ContentKind::Text: return "a text file";
    case ContentKind::Unknown: return "binary data of an unknown kind";
    }
    return "data of an unknown kind";
}

} // namespace mien
