# How rooms (folders of the house), their tests and their fuzz targets are declared.

add_library(musterd_warnings INTERFACE)
target_compile_options(musterd_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wold-style-cast -Wundef
    -Wdouble-promotion -Wimplicit-fallthrough -Woverloaded-virtual -Wextra-semi
    # Designated initialisers leave the rest to its default on purpose.
    -Wno-missing-field-initializers
    # False positives of g++ 12: on awaitables' frames under sanitizers, and on std::string at -O2 (GCC bug 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete -Wno-restrict>
    $<$<BOOL:${MUSTERD_WERROR}>:-Werror>)

# One io_context, strands and Beast's parsers are compiled once, in server/base/asio.cpp and http/beast.cpp.
add_library(musterd_options INTERFACE)
target_include_directories(musterd_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_definitions(musterd_options INTERFACE
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION
    BOOST_ERROR_CODE_HEADER_ONLY TOML_HEADER_ONLY=0 _GLIBCXX_ASSERTIONS)
target_link_libraries(musterd_options INTERFACE Boost::headers Threads::Threads)
if(MUSTERD_FUZZ)
    target_compile_options(musterd_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# musterd_room(NAME SOURCES … LINKS …): one folder, one library, namespace musterd::NAME.
function(musterd_room name)
    cmake_parse_arguments(room "" "" "SOURCES;LINKS" ${ARGN})
    add_library(musterd_${name} STATIC ${room_SOURCES})
    target_link_libraries(musterd_${name} PUBLIC musterd_options ${room_LINKS} PRIVATE musterd_warnings)
endfunction()

# musterd_unit_tests(NAME SOURCES … LINKS …): one doctest program, each of its cases a ctest named NAME.CASE.
function(musterd_unit_tests name)
    cmake_parse_arguments(unit "" "" "SOURCES;LINKS" ${ARGN})
    add_executable(test_${name} "${PROJECT_SOURCE_DIR}/tests/support/doctest_main.cpp" ${unit_SOURCES})
    target_link_libraries(test_${name} PRIVATE musterd_warnings doctest::doctest ${unit_LINKS})
    doctest_discover_tests(test_${name} TEST_PREFIX "${name}." PROPERTIES LABELS unit TIMEOUT 60)
endfunction()

# musterd_fuzz_target(NAME LINKS …): tests/fuzz/NAME.cpp with its corpus in tests/fuzz/corpus/NAME. Built in every
# build; without MUSTERD_FUZZ its main replays the corpus, as a unit test.
function(musterd_fuzz_target name)
    cmake_parse_arguments(fuzz "" "" "LINKS" ${ARGN})
    add_executable(fuzz_${name} "${PROJECT_SOURCE_DIR}/tests/fuzz/${name}.cpp")
    target_link_libraries(fuzz_${name} PRIVATE musterd_warnings ${fuzz_LINKS})
    if(MUSTERD_FUZZ)
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    else()
        target_sources(fuzz_${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/replay_main.cpp")
        add_test(NAME fuzz.${name} COMMAND fuzz_${name} "${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name}")
        set_tests_properties(fuzz.${name} PROPERTIES LABELS unit TIMEOUT 60)
    endif()
endfunction()
