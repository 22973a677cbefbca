/* Memory for tasks, which sched/ asks for by the names of its own header. */
#include "sched/task_memory.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "sched/task.h"

DEFINE_SLAB(task_cache, struct task, NULL);

void *task_stack_alloc(void)
{
    return kstack_alloc();
}
void task_stack_free(void *stack)
{
    kstack_free(stack);
}
struct task *task_struct_alloc(void)
{
    return slab_alloc(&task_cache, GFP_KERNEL);
}
void task_struct_free(struct task *task)
{
    slab_free(&task_cache, task);
}
