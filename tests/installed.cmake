# What `cmake --install` puts down works from there: program, modules, and the face detector's weights in share/mien.
# cmake -DBUILD=DIR -DSOURCE=DIR -DWORK=DIR -P tests/installed.cmake
file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/mien RESULT_VARIABLE result
                OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "cmake --install failed:\n${output}")
endif()
foreach(file bin/mien bin/mien-studio bin/mien-worker lib/libmien-compute.so lib/libmien-imaging.so lib/libmien-video.so)
    if(NOT EXISTS ${WORK}/mien/${file})
        message(FATAL_ERROR "${file} is not installed")
    endif()
endforeach()

# Nothing that was converted before, and no folder but the installation's own.
set(ENV{XDG_CACHE_HOME} ${WORK}/cache)
unset(ENV{MIEN_DATA_DIR})
file(WRITE ${WORK}/request.jsonl "{\"id\":1,\"file\":\"${SOURCE}/docs/images/review.jpg\",\"side\":64,\"faces\":{}}\n")
execute_process(COMMAND ${WORK}/mien/bin/mien frames --serve INPUT_FILE ${WORK}/request.jsonl WORKING_DIRECTORY ${WORK}
                OUTPUT_VARIABLE answer ERROR_VARIABLE error)
if(EXISTS ${SOURCE}/.deps/facenet/facenet_pytorch/data/pnet.pt)
    if(NOT answer MATCHES "\"ok\":true" OR NOT EXISTS ${WORK}/mien/share/mien/mtcnn/pnet.pt)
        message(FATAL_ERROR "the installed program finds no faces: ${answer}${error}")
    endif()
elseif(NOT answer MATCHES "weights .* are not installed")
    message(FATAL_ERROR "the installed program does not say that it has no weights: ${answer}${error}")
endif()
file(REMOVE_RECURSE ${WORK})
