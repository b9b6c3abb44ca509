// Bytes as a template: parsing never crashes, an error stands inside the text, and what is accepted renders to its
// text pieces with the names' values between.
#include "profiles/template.hpp"
#include "profiles/kernel_line.hpp"
#include "server/base/bytes.hpp"

#include <cstdlib>

using namespace musterd;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

void check_pieces(std::string_view text, const profiles::Template& parsed) {
    std::string expected;
    for (const auto& piece : parsed.pieces()) {
        must(text.substr(piece.offset).starts_with(piece.text));
        expected += piece.kind == profiles::Template::Piece::Kind::text ? piece.text : "?";
    }
    must(parsed.render([](std::string_view) { return "?"; }) == expected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = base::as_text({data, size});
    const auto parsed = profiles::Template::parse(text);
    if (!parsed) {
        must(parsed.error().offset <= text.size() && !parsed.error().message.empty());
        return 0;
    }
    check_pieces(text, *parsed);
    const auto problem = profiles::problem_in_argument(*parsed);
    if (problem) must(problem->offset <= text.size());
    // Its second half as the value of a name: what is let through stays one argument.
    const auto value = text.substr(text.size() / 2);
    const auto argument = profiles::Template::parse("a={{vars.x}}");
    if (!profiles::problem_in_value(*argument, "vars.x", value).empty()) return 0;
    profiles::Plan plan;
    plan.args.push_back({*argument, {}});
    plan.vars["x"] = value;
    const auto rendered = profiles::kernel_arguments(plan, nullptr, {});
    must(rendered.size() == 1);
    const bool spaced = value.find(' ') != std::string_view::npos;
    must(!spaced || rendered[0] == "a=\"" + std::string(value) + "\"");
    return 0;
}
