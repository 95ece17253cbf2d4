//go:build !race

package planner_test

// raceDetector says that everything takes several times as long.
const raceDetector = false
