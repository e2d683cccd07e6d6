# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS on loopback: moto behind a threaded server, with latency, provisioning times, faults and a call log."""

from __future__ import annotations
