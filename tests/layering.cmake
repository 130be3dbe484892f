# Who may include what (docs/ARCHITECTURE.md). Targets alone cannot hold this: system headers are always in reach.
# cmake [-DROOT=DIR] -P tests/layering.cmake
if(NOT ROOT)
    get_filename_component(ROOT ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)
endif()

# path, our own folders it may include, foreign headers it may not
function(room path ours foreign)
    file(GLOB_RECURSE files ${ROOT}/${path}/*.h ${ROOT}/${path}/*.cpp)
    foreach(file IN LISTS files)
        file(STRINGS ${file} includes REGEX "^#include ")
        foreach(include IN LISTS includes)
            if(include MATCHES "<(${foreign})" OR (include MATCHES "\"" AND NOT include MATCHES "\"(${ours})/" AND NOT include MATCHES "\\.moc\""))
                message(SEND_ERROR "${file}: ${include}")
            endif()
        endforeach()
    endforeach()
endfunction()

room(models "models" "Q|opencv2/|dlib/|SQLiteCpp/|sqlite3")
room(models/base "models/base" "torch/|ATen/|c10/")
room(pipeline "models|pipeline" "Q|torch/|ATen/")
room(pipeline/store "models/base|pipeline/store" "opencv2/|dlib/")
room(studio/cli "models|pipeline|studio/cli" "QtWidgets|QWidget|QApplication|torch/|SQLiteCpp/|sqlite3")
foreach(gui app gallery review map attention training importing exporting common)
    room(studio/${gui} "models/base|pipeline/store|studio" "torch/|opencv2/|dlib/|SQLiteCpp/|sqlite3")
endforeach()
# One room may use OpenCV and one FFmpeg: they live in modules that are loaded at first use.
foreach(light face import export split pack flag jobs demo modules)
    room(pipeline/${light} "models|pipeline" "Q|torch/|ATen/|opencv2/|libav|libsw|SQLiteCpp/|sqlite3")
endforeach()
room(pipeline/imaging "models|pipeline" "libav|libsw|SQLiteCpp/|sqlite3")
room(pipeline/video "models|pipeline" "opencv2/|SQLiteCpp/|sqlite3")
