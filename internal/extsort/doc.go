// Package extsort sorts more rows than memory holds. It imports nothing of ours.
//
// Rows gather in memory; when they are too many they are sorted and written to the disk as a run, and at the end the runs are
// merged:
//
//	Add ──▶ memory ──full──▶ sort ──▶ run 1, run 2, …        Rows ──▶ merge of the runs, in order
//
// A run goes on in the file of the run before it when all of it comes behind that, so that rows that come in order make one
// run. Of a great many runs some are merged before the others, so that neither files nor buffers grow with the rows.
//
// A Sorter and its Rows belong to one goroutine.
package extsort
