#!/bin/sh
# SPDX-License-Identifier: MIT
#
# packaging/hooks/fsfreeze-hook: order, undo, what is passed over. Prints TAP.
# HOOK_SHELL=/path/to/another/sh runs the dispatcher under that shell.
# shellcheck disable=SC2016 # the hooks' own lines are expanded when the hooks run

set -u
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
dispatcher=$here/../../packaging/hooks/fsfreeze-hook
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
count=0
failures=0

# A fresh folder with the dispatcher; the hooks append what they were called with to $calls.
set_up() {
  rm -rf "${work:?}/etc"
  mkdir -p "$work/etc/fsfreeze-hook.d"
  cp "$dispatcher" "$work/etc/fsfreeze-hook"
  calls=$work/etc/calls
  : >"$calls"
}

add_hook() { # name, what it does besides
  printf '#!/bin/sh\necho "%s $1" >>"%s"\n%s\n' "$1" "$calls" "${2-}" \
    >"$work/etc/fsfreeze-hook.d/$1"
  chmod +x "$work/etc/fsfreeze-hook.d/$1"
}

run() { # arguments of the dispatcher
  if [ -n "${HOOK_SHELL-}" ]; then
    "$HOOK_SHELL" "$work/etc/fsfreeze-hook" "$@" >"$work/out" 2>"$work/err"
  else
    "$work/etc/fsfreeze-hook" "$@" >"$work/out" 2>"$work/err"
  fi
  status=$?
}

called() {
  tr '\n' ',' <"$calls"
}

check() { # name, expected, seen [, expected, seen]...
  count=$((count + 1))
  name=$1
  shift
  while [ $# -ge 2 ]; do
    if [ "$1" != "$2" ]; then
      echo "not ok $count - $name"
      echo "# expected: $1"
      echo "# seen:     $2"
      failures=$((failures + 1))
      return
    fi
    shift 2
  done
  echo "ok $count - $name"
}

set_up
for hook in 20-b 10-a 30-c; do add_hook $hook; done
run freeze
check freeze_runs_the_hooks_in_the_order_of_their_names \
  '10-a freeze,20-b freeze,30-c freeze,' "$(called)" 0 $status

set_up
for hook in 20-b 10-a 30-c; do add_hook $hook; done
run thaw
check thaw_runs_them_in_reverse '30-c thaw,20-b thaw,10-a thaw,' "$(called)" 0 $status

set_up
for hook in b A a B _x; do add_hook $hook; done
run freeze
check the_order_is_that_of_the_C_locale \
  'A freeze,B freeze,_x freeze,a freeze,b freeze,' "$(called)"

set_up
for hook in x~ x.bak x.orig x.rpmnew x.rpmorig x.rpmsave x.sample x.dpkg-old x.dpkg-dist .x; do
  add_hook "$hook"
done
add_hook good.sh
mkdir "$work/etc/fsfreeze-hook.d/folder"
echo 'echo never' >"$work/etc/fsfreeze-hook.d/not-executable"
ln -s nowhere "$work/etc/fsfreeze-hook.d/dangling"
run freeze
check leftovers_folders_dot_files_and_plain_files_are_passed_over \
  'good.sh freeze,' "$(called)" 0 $status '' "$(cat "$work/err")"

set_up
add_hook 'a name with blanks'
add_hook "it's *[x]*"
run freeze
check odd_names_are_one_name_each \
  "a name with blanks freeze,it's *[x]* freeze," "$(called)" 0 $status

set_up
add_hook 10-a
add_hook 20-b '[ "$1" = thaw ] || exit 3'
add_hook 30-c
run freeze
check a_failed_freeze_undoes_those_that_ran_and_says_so \
  '10-a freeze,20-b freeze,20-b thaw,10-a thaw,' "$(called)" 1 $status \
  'fsfreeze-hook: 20-b freeze failed with status 3' "$(cat "$work/err")"

set_up
add_hook 10-a '[ "$1" = freeze ] || exit 4'
add_hook 20-b 'exit 3'
run freeze
check an_undo_that_fails_does_not_stop_the_others \
  '10-a freeze,20-b freeze,20-b thaw,10-a thaw,' "$(called)" 1 $status

set_up
add_hook 10-a
add_hook 20-b 'exit 5'
add_hook 30-c
run thaw
check a_failed_thaw_calls_the_others_and_is_told \
  '30-c thaw,20-b thaw,10-a thaw,' "$(called)" 1 $status \
  'fsfreeze-hook: 20-b thaw failed with status 5' "$(cat "$work/err")"

set_up
add_hook 10-a 'echo to-out; echo to-err >&2'
run freeze
check the_output_of_the_hooks_is_passed_on \
  to-out "$(cat "$work/out")" to-err "$(cat "$work/err")"

set_up
add_hook 10-a 'if read -r line; then echo "read $line"; fi'
add_hook 20-b
echo input | run freeze
check a_hook_that_reads_its_input_takes_nothing_from_the_others \
  '10-a freeze,20-b freeze,' "$(called)" '' "$(cat "$work/out")"

set_up
add_hook 10-a 'echo "${LC_ALL-unset}"'
LC_ALL=POSIX run freeze
check the_hooks_keep_the_locale_of_the_agent POSIX "$(cat "$work/out")"

# The hook tells the whole group, as an agent does at its deadline; setsid gives it one of its own.
set_up
add_hook 10-a
add_hook 20-b '[ "$1" = thaw ] || kill -TERM 0'
add_hook 30-c
setsid -w ${HOOK_SHELL:+"$HOOK_SHELL"} "$work/etc/fsfreeze-hook" freeze >"$work/out" 2>"$work/err"
check a_freeze_that_is_stopped_by_a_signal_is_undone \
  1 $? '10-a freeze,20-b freeze,20-b thaw,10-a thaw,' "$(called)"

set_up
run freeze
check an_empty_folder_is_fine 0 $status
rmdir "$work/etc/fsfreeze-hook.d"
run thaw
check no_folder_is_fine 0 $status '' "$(cat "$work/err")"

set_up
add_hook 10-a
run
check no_argument_is_an_error_and_runs_nothing 2 $status '' "$(called)" \
  'usage: fsfreeze-hook freeze|thaw' "$(cat "$work/err")"
run status
check another_argument_is_an_error_and_runs_nothing 2 $status '' "$(called)"

echo "1..$count"
[ "$failures" -eq 0 ]
