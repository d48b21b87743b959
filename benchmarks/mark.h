#ifndef BENCHMARKS_MARK_H_
#define BENCHMARKS_MARK_H_

extern "C" {

// Does nothing, out of line. callgrind writes down what it has counted each time this is called
// (--dump-before).
void MioBenchMark(void);
}

#endif  // BENCHMARKS_MARK_H_
