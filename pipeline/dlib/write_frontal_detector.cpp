// Runs at build time: dlib's frontal face detector, which its header holds as compressed text that only its library
// can read, as the bytes of an array on stdout.

#include <dlib/image_processing/frontal_face_detector.h>

#include <cstdio>

int main()
{
    const std::string bytes = dlib::get_serialized_frontal_faces();
    std::printf("#include \"pipeline/dlib/frontal_detector_bytes.h\"\n\nnamespace mien {\n\n"
                "const unsigned char frontalDetectorBytes[] = {");
    for (std::size_t i = 0; i < bytes.size(); ++i)
        std::printf("%s%u", i == 0 ? "" : i % 24 == 0 ? ",\n" : ",", unsigned((unsigned char)(bytes[i])));
    std::printf("};\nconst std::size_t frontalDetectorSize = %zu;\n\n} // namespace mien\n", bytes.size());
    return std::fflush(stdout) == 0 && !std::ferror(stdout) ? 0 : 1;
}
