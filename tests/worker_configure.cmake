# A GPU node has CMake, a compiler, LibTorch and two headers: the `worker` preset must configure there.
# Qt, OpenCV, SQLite and everything else are hidden here.
# cmake -DSOURCE=DIR -DWORK=DIR -DTORCH=DIR -P tests/worker_configure.cmake
file(REMOVE_RECURSE ${WORK})
set(hidden)
foreach(package Qt6 MienOpenCV OpenCV SQLite3 SQLiteCpp CLI11 spdlog TBB LibLZMA PkgConfig benchmark)
    list(APPEND hidden -DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
endforeach()
execute_process(COMMAND ${CMAKE_COMMAND} --preset worker -S ${SOURCE} -B ${WORK} -DMIEN_TORCH=${TORCH} ${hidden}
                WORKING_DIRECTORY ${SOURCE} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "the worker preset does not configure without the studio's libraries:\n${output}")
endif()
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK} --target help OUTPUT_VARIABLE targets)
if(NOT targets MATCHES "mien-worker")
    message(FATAL_ERROR "the worker preset has no target mien-worker:\n${targets}")
endif()
file(REMOVE_RECURSE ${WORK})
