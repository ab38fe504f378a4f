package main

import (
	"time"

	"github.com/spf13/cobra"

	"switchyard/server/address"
	"switchyard/server/identity"
	"switchyard/smp"
)

func addressCommand(p paths) *cobra.Command {
	return address.Command(func() (smp.ServerAddress, error) {
		s, _, err := loadSettings(p)
		if err != nil {
			return smp.ServerAddress{}, err
		}
		id, _, err := identity.Load(p.cfgDir, time.Now())
		return s.address(id), err
	})
}

// address is the router's, as its operator gives it away.
func (s *settings) address(id identity.Identity) smp.ServerAddress {
	return smp.ServerAddress{Scheme: smp.SchemeXFTP, KeyHash: id.Hash, Hosts: s.addressHosts(), Port: s.addressPort()}
}
