#include "tests/test.h"
#include "sched/task.h"
static atomic_t v;
static void inc(void*a){atomic_inc(&v);}
TEST(zz_lost_update,.cpus=2,.shows="x"){
 struct task*a=task_create_kernel("a",inc,0),*b=task_create_kernel("b",inc,0);
 atomic_set(&v,0);
 task_pin(a,1);task_pin(b,0);task_start(a);task_start(b);
 task_join(a);task_join(b);check_eq(v.v,2);
}
static struct spinlock *lk;
static void *never;
static void waitfor(void*a){ while(!load_acquire(&never)) {task_yield();} }
static void halt(void*a){ current->state=TASK_UNINTERRUPTIBLE; task_sleep();}
TEST(zz_livelock,.cpus=2,.shows="x"){ waitfor(0);}
TEST(zz_deadlock,.cpus=2,.shows="x"){ halt(0);}
TEST(zz_crash,.cpus=2,.shows="x"){ *(volatile int*)0xF0000000=1;}
TEST(zz_noloop,.cpus=1,.shows="x"){ for(;;)*(volatile int*)&never=0; }
