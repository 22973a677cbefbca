/* refuse: requires holding */
/* A case of the fault outside of any stable region. */
#include "mm/fault/fault_private.h"

enum fault_result planted_case(struct fault *f);

enum fault_result planted_case(struct fault *f)
{
    return fault_anonymous(f);
}
