# Settings and helpers shared by every target of Mien.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_CXX_VISIBILITY_PRESET default)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")

# ccache and mold are used when present, never required.
find_program(MIEN_CCACHE ccache)
if(MIEN_CCACHE)
    # With a precompiled header ccache stores nothing unless it is told about time macros.
    set(CMAKE_CXX_COMPILER_LAUNCHER "env;CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime;ccache")
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
endif()
find_program(MIEN_MOLD mold)
if(MIEN_MOLD)
    add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)

add_library(mien_warnings INTERFACE)
# Off: members left to their defaults in `{.name = …}` are meant so, and -Wrestrict of GCC 12 and 13 is wrong about
# `"text" + string` (GCC PR 105651).
set(wrong_restrict $<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,14>>)
target_compile_options(mien_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
    -Wno-missing-field-initializers $<${wrong_restrict}:-Wno-restrict>
    $<$<BOOL:${MIEN_WARNINGS_AS_ERRORS}>:-Werror>)

# Common properties of one of our targets: include root, warnings, no Qt keywords (torch uses `slots`).
function(_mien_target target)
    cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    target_sources(${target} PRIVATE ${ARG_SOURCES})
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
    target_compile_definitions(${target} PUBLIC QT_NO_KEYWORDS)
    target_link_libraries(${target} PUBLIC ${ARG_PUBLIC} PRIVATE mien_warnings ${ARG_PRIVATE})
endfunction()

# mien_add_library(name SOURCES … PUBLIC … PRIVATE …): static library mien_name, alias mien::name
function(mien_add_library name)
    add_library(mien_${name} STATIC)
    add_library(mien::${name} ALIAS mien_${name})
    _mien_target(mien_${name} ${ARGN})
endfunction()

# mien_add_module(name …): lib/libmien-name.so, loaded at first use by a program that must start fast
function(mien_add_module name)
    add_library(mien-${name} MODULE)
    set_target_properties(mien-${name} PROPERTIES PREFIX lib)
    _mien_target(mien-${name} ${ARGN})
    install(TARGETS mien-${name} LIBRARY DESTINATION lib) # beside bin/, where module_loader looks
endfunction()

# mien_add_program(name …): bin/name
function(mien_add_program name)
    add_executable(${name})
    _mien_target(${name} ${ARGN})
    install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# Lets a target that links LibTorch find it at run time and share the one precompiled torch header.
function(mien_uses_torch target)
    set_target_properties(${target} PROPERTIES BUILD_RPATH "${MienTorch_RPATHS}" INSTALL_RPATH "${MienTorch_RPATHS}")
    if(NOT target STREQUAL "mien_models")
        target_precompile_headers(${target} REUSE_FROM mien_models)
    endif()
endfunction()
