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

using Piece = profiles::Template::Piece;

void check_pieces(std::string_view text, const std::vector<Piece>& pieces) {
    for (const auto& piece : pieces) {
        must(text.substr(piece.offset).starts_with(piece.text));
        check_pieces(text, piece.inside);
        check_pieces(text, piece.otherwise);
    }
}

/// What the values have no problem with renders, and conditions the other way round do too.
void check_rendering(const profiles::Template& parsed) {
    for (const bool list : {false, true}) {
        const profiles::Template::Values values = [list](std::string_view) -> std::optional<profiles::Template::Value> {
            if (list) return std::vector<std::string>{"a", "b"};
            return "?";
        };
        for (const auto& problem : parsed.problems(values))
            must(!problem.message.empty());
        (void)parsed.render(values);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = base::as_text({data, size});
    const auto parsed = profiles::Template::parse(text);
    if (!parsed) {
        must(parsed.error().offset <= text.size() && !parsed.error().message.empty());
        return 0;
    }
    check_pieces(text, parsed->pieces());
    check_rendering(*parsed);
    const auto problem = profiles::problem_in_argument(*parsed);
    if (problem) must(problem->offset <= text.size());
    // Its second half as the value of a name: what is let through stays one argument.
    const auto value = text.substr(text.size() / 2);
    const auto argument = profiles::Template::parse("a={{vars.x}}");
    if (!profiles::problem_in_value(*argument, "vars.x", value).empty()) return 0;
    profiles::Plan plan;
    plan.args.push_back({*argument, {}});
    plan.vars["x"] = std::string(value);
    const auto rendered = profiles::kernel_arguments(plan, nullptr, {});
    must(rendered.size() == 1);
    const bool spaced = value.find(' ') != std::string_view::npos;
    must(!spaced || rendered[0] == "a=\"" + std::string(value) + "\"");
    return 0;
}
