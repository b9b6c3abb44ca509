#include "server/api/address_book.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using base::Ipv4;

namespace {
const auto one = *base::Mac::parse("52:54:00:00:00:01");
const auto two = *base::Mac::parse("52:54:00:00:00:02");
}  // namespace

TEST_CASE("the last machine that took an address has it") {
    api::AddressBook book;
    book.learn(Ipv4(1), one);
    book.learn(Ipv4(1), two);
    CHECK(book.mac_of(Ipv4(1)) == two);
    CHECK_FALSE(book.mac_of(Ipv4(2)));
}

TEST_CASE("nothing is learned of no address or no MAC") {
    api::AddressBook book;
    book.learn(Ipv4(), one);
    book.learn(Ipv4(1), {});
    CHECK_FALSE(book.mac_of(Ipv4()));
    CHECK_FALSE(book.mac_of(Ipv4(1)));
}

TEST_CASE("a full book forgets what it learned longest ago") {
    api::AddressBook book(2);
    book.learn(Ipv4(1), one);
    book.learn(Ipv4(2), one);
    book.learn(Ipv4(1), one);
    book.learn(Ipv4(3), two);
    CHECK(book.mac_of(Ipv4(1)));
    CHECK_FALSE(book.mac_of(Ipv4(2)));
    CHECK(book.mac_of(Ipv4(3)) == two);
}
