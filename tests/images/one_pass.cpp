#include "images/one_pass.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace musterd;
using namespace musterd::images;

TEST_CASE("each part hears its bytes and no others, however the file is cut into pieces") {
    const std::string file = "0123456789abcdefghij";
    for (std::size_t piece = 1; piece <= file.size(); ++piece) {
        CAPTURE(piece);
        OnePass pass;
        std::string whole;
        std::string inner;
        std::string overlapping;
        std::string none;
        const auto into = [](std::string& text) {
            return [&text](base::ByteView bytes) { text += base::as_text(bytes); };
        };
        pass.add(0, file.size(), into(whole));
        pass.add(3, 5, into(inner));
        pass.add(7, 100, into(overlapping));
        pass.add(4, 0, into(none));
        for (std::size_t at = 0; at < file.size(); at += piece)
            pass.pass(base::as_bytes(std::string_view(file).substr(at, piece)));
        CHECK(whole == file);
        CHECK(inner == "34567");
        CHECK(overlapping == "789abcdefghij");
        CHECK(none.empty());
    }
}
