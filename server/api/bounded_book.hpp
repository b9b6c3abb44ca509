#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <utility>

namespace musterd::api {

/// What was learned last about each of so many; of whom was heard longest ago is forgotten first.
template <class Key, class Value>
class BoundedBook {
public:
    explicit BoundedBook(std::size_t most) : most_(most) {}

    void learn(const Key& key, Value value) {
        if (most_ == 0) return;
        if (const auto known = by_key_.find(key); known != by_key_.end()) {
            known->second->second = std::move(value);
            lines_.splice(lines_.end(), lines_, known->second);
            return;
        }
        if (lines_.size() == most_) {
            by_key_.erase(lines_.front().first);
            lines_.pop_front();
        }
        lines_.emplace_back(key, std::move(value));
        by_key_.emplace(key, std::prev(lines_.end()));
    }

    /// nullptr: never heard of, or forgotten.
    [[nodiscard]] const Value* find(const Key& key) const {
        const auto known = by_key_.find(key);
        return known == by_key_.end() ? nullptr : &known->second->second;
    }

private:
    using Lines = std::list<std::pair<Key, Value>>;
    std::size_t most_;
    Lines lines_;  ///< of the longest silence first
    std::map<Key, typename Lines::iterator> by_key_;
};

}  // namespace musterd::api
