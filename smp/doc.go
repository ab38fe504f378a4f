// Package smp is the SMP protocol, versions 6 to 19, as data.
package smp
