/* Widths and addresses. Every layer includes this and nothing here includes anything of ours. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

typedef u32 paddr_t; /* physical address, bytes */
typedef u32 pfn_t;   /* page frame number: paddr >> 12 */
typedef u32 vaddr_t; /* virtual address; never dereferenced without a cast that says in which space */
