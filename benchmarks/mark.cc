#include "benchmarks/mark.h"

void MioBenchMark(void) {}
