// How the kernel treats a thread: some have someone waiting for them, others have time.
#pragma once

namespace pawl {

// Whoever waits for this thread waits for a person: it runs shortly and often, and does not wait
// for others' turns to end when it wakes up (Linux 6.12 and later; nothing before). The name is
// what top -H shows.
void hurry_this_thread(const char* name);

// Does its work when others leave time; `nice` as for nice(1), of this thread alone and of those it
// starts. Asks for short turns; a kernel that cuts them at its ticks only does not grant them.
void calm_this_thread(const char* name, int nice);

}  // namespace pawl
