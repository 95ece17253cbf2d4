//go:build !poison

package executor

// poisonReleased is on with the build tag "poison".
const poisonReleased = false
