# LibTorch, found without PyTorch's own CMake config: that one demands a CUDA toolkit at configure
# time for a CUDA build, while running needs only a driver.
#
#   MIEN_TORCH (cache or environment)  a folder with include/ and lib/: an unpacked LibTorch, or the
#                                      `torch` package folder of a wheel
#
# Looked at: MIEN_TORCH alone where it is set; else in order .deps/python/torch of the checkout (where ./dev puts the
# wheel), CMAKE_PREFIX_PATH, the `torch` package of the python3 on the PATH.
#
# Gives: mien::torch

set(MIEN_TORCH "$ENV{MIEN_TORCH}" CACHE PATH "Folder of LibTorch (with include/ and lib/)")

if(MIEN_TORCH) # whoever names a folder wants that one or a word about it
    set(_candidates ${MIEN_TORCH})
else()
    set(_candidates ${CMAKE_SOURCE_DIR}/.deps/python/torch)
    foreach(_prefix IN LISTS CMAKE_PREFIX_PATH)
        list(APPEND _candidates ${_prefix} ${_prefix}/torch)
    endforeach()
endif()

function(_mien_torch_look found)
    foreach(_folder IN LISTS ARGN)
        if(EXISTS ${_folder}/lib/libtorch_cpu.so AND EXISTS ${_folder}/include/torch/csrc/api/include/torch/torch.h)
            set(${found} ${_folder} PARENT_SCOPE)
            return()
        endif()
    endforeach()
    set(${found} "" PARENT_SCOPE)
endfunction()

_mien_torch_look(MienTorch_ROOT_DIR ${_candidates})
if(NOT MienTorch_ROOT_DIR AND NOT MIEN_TORCH)
    find_program(MIEN_PYTHON3 python3)
    if(MIEN_PYTHON3)
        execute_process(
            COMMAND ${MIEN_PYTHON3} -c "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
            OUTPUT_VARIABLE _python_torch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
        if(_python_torch)
            _mien_torch_look(MienTorch_ROOT_DIR ${_python_torch})
        endif()
    endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MienTorch
    REQUIRED_VARS MienTorch_ROOT_DIR
    REASON_FAILURE_MESSAGE "set MIEN_TORCH to an unpacked LibTorch, or run ./dev build, which installs the wheel")

if(MienTorch_FOUND AND NOT TARGET mien::torch)
    set(_lib ${MienTorch_ROOT_DIR}/lib)
    add_library(mien::torch INTERFACE IMPORTED)
    target_include_directories(mien::torch SYSTEM INTERFACE
        ${MienTorch_ROOT_DIR}/include ${MienTorch_ROOT_DIR}/include/torch/csrc/api/include)

    # A CUDA build registers its kernels when libtorch_cuda is loaded, so it must not be dropped by --as-needed.
    set(_link ${_lib}/libtorch.so ${_lib}/libtorch_cpu.so ${_lib}/libc10.so)
    set(MienTorch_CUDA OFF)
    if(EXISTS ${_lib}/libtorch_cuda.so)
        set(MienTorch_CUDA ON)
        set(_link -Wl,--no-as-needed ${_lib}/libtorch_cuda.so ${_lib}/libc10_cuda.so ${_link} -Wl,--as-needed)
    endif()
    # The wheel keeps libgomp and NVIDIA's libraries outside lib/: beside it, in torch.libs/ and nvidia/*/lib.
    get_filename_component(_site ${MienTorch_ROOT_DIR} DIRECTORY)
    file(GLOB _beside LIST_DIRECTORIES true ${_site}/torch.libs ${_site}/nvidia/*/lib ${_site}/nvidia/*/*/lib ${_site}/cusparselt/lib)
    set(_rpaths ${_lib})
    foreach(_folder IN LISTS _beside)
        if(IS_DIRECTORY ${_folder})
            list(APPEND _rpaths ${_folder})
            list(APPEND _link -Wl,-rpath-link,${_folder})
        endif()
    endforeach()
    list(APPEND _link -Wl,-rpath-link,${_lib})
    set_property(TARGET mien::torch PROPERTY INTERFACE_LINK_LIBRARIES ${_link} pthread dl)
    set(MienTorch_RPATHS ${_rpaths} CACHE INTERNAL "folders a program that links LibTorch needs at run time")

    # C++ ABI of the build: PyTorch's wheels before 2.7 used the old one.
    if(EXISTS ${MienTorch_ROOT_DIR}/share/cmake/Torch/TorchConfig.cmake)
        file(STRINGS ${MienTorch_ROOT_DIR}/share/cmake/Torch/TorchConfig.cmake _abi REGEX "_GLIBCXX_USE_CXX11_ABI=[01]")
        if(_abi MATCHES "_GLIBCXX_USE_CXX11_ABI=0")
            set_property(TARGET mien::torch PROPERTY INTERFACE_COMPILE_DEFINITIONS _GLIBCXX_USE_CXX11_ABI=0)
        endif()
    endif()
endif()
