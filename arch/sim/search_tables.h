/* What the search knows: which words more than one CPU touches, which states it has been in. */
#pragma once
#include "lib/compiler.h"

/* The CPU touches the word: true when another one was seen to and one of them writes, in this run or a former
 * one. Only at such words does it matter who comes first. */
bool learn_shared(u32 addr, u32 cpu, bool writes);
/* Somebody writes to the word where the search is not asked (WRITE_ONCE). */
void learn_written(u32 addr);
/* At a place where another CPU could go on the word was no reason to try that. */
void pass_over(u32 addr);
/* How many words were passed over and turned out to be such words: what was searched is not all. */
u32 words_missed(void);

/* True when the state is new, or was seen with fewer deviations left; then it is noted. */
bool note_state(u64 state, u32 left);
u32 states_known(void);
/* So many schedules go on from the state with so many deviations left. False: it was another number before.
 */
bool note_count(u64 state, u32 left, double schedules);
/* What was noted; 1, which is the least, when nothing was. */
double count_below(u64 state, u32 left);
/* States and counts; and what was missed is to be had again. */
void forget_states(void);
/* A run ended in this state: true when none did before. The self test holds a reduced search against one that
 * is not by their number. */
bool note_outcome(u64 state);
