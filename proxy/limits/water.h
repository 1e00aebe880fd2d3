// Dividing whole calls among those who want some. Part of ShareTable.
#pragma once

#include <cstdint>
#include <vector>

namespace postern::limits {

// Max-min fair: nobody gets more than it wants, and nobody could have more without taking from one
// who has no more than itself. What does not divide evenly goes to a part of the circle that moves
// on with `turn`, so that it evens out over time. The sum is the lesser of `amount` and all wants.
std::vector<int64_t> fill(int64_t amount, const std::vector<int64_t>& wants, int64_t turn);

// What one would get who wants without end beside these others; not a whole number.
double fair_beside(int64_t amount, const std::vector<int64_t>& others);

}  // namespace postern::limits
