# A session in busybox's shell, compared with the same one on Linux: what people do at a
# prompt. Each line prints something, none prints what changes from run to run.
set -u
echo "one; pipes and filters"
echo "c b a" | tr ' ' '\n' | sort | tr '\n' ' '; echo
seq 1 1000 | grep 7 | wc -l
seq 1 20 | head -n 5 | tail -n 2
printf '%s\n' pear apple fig | sort -r | sed 's/a/A/g' | cut -c1-3
seq 1 100 | awk '{ sum += $1 } END { print sum, NR }'
echo "a:b:c" | cut -d: -f2
yes | head -n 10000 | uniq -c
echo "two; variables and substitution"
name=loci; echo "$name ${name}s ${#name} ${name%i} ${name#l} ${none:-nothing}"
echo "$(echo nested $(echo deeper))" `echo backquoted`
echo $((2 + 3 * 4)) $((1 << 20)) $((100 / 7)) $((100 % 7))
set -- first second third; echo "$# $1 $3"; shift; echo "$*"
echo "three; loops and conditions"
for i in 1 2 3; do echo "round $i"; done
i=0; while [ $i -lt 5 ]; do i=$((i + 1)); [ $i -eq 3 ] && continue; echo -n "$i "; done
echo
until [ $i -le 2 ]; do i=$((i - 1)); done; echo $i
case $name in l*) echo "begins with l";; *) echo "does not";; esac
if [ -d . ] && ! [ -e missing ]; then echo "a folder, and nothing missing"; else echo no; fi
function_of() { local x=$1; echo "in a function with $x"; return 3; }
function_of words; echo "status $?"
(exit 5); echo "subshell $?"
echo "four; redirections"
echo "to a file" > file; cat < file; echo "more" >> file; wc file
ls missing 2> errors || echo "ls failed with $?"; wc -l < errors
cat << END
a here-document with $name and $((6 * 7))
END
cat << 'END'
and one with $name as it stands
END
{ echo out; echo err >&2; } > both 2>&1; cat both
exec 5> fifth; echo "by number" >&5; exec 5>&-; cat fifth
echo "five; processes"
sleep 0.1 & wait $!; echo "background $?"
(sleep 0.05; echo late) & echo early; wait
sh -c 'kill -TERM $$'; echo "killed $?"
sh -c 'exit 42'; echo "exited $?"
trap 'echo trapped' USR1; kill -USR1 $$; trap - USR1
sleep 100 & kill $!; wait $!; echo "killed $?"
true | false; echo $?; false || echo or; true && echo and; ! false; echo $?
for i in 1 2 3 4 5 6 7 8; do (echo $i) & done | sort; wait
mkfifo queue; (echo through the fifo > queue) & cat queue; wait
echo "six; files"
mkdir -p deep/er/est && touch deep/er/est/file && find deep | sort
cp -r deep copy && ls -R copy && rm -r copy
ln -s file link; ln file hard; readlink link; cat link; ls -l hard | cut -c1-12
mv hard moved; [ moved -ef file ] && echo "the same file"
chmod 640 file; stat -c '%a %F %s' file; umask 077; touch mine; stat -c %a mine; umask 022
test -x session || echo "not executable"; echo f*; echo deep/*/*
pwd | sed 's/.*\///'; cd deep/er; pwd | sed 's/.*deep/deep/'; cd ../..
du -s missing 2>&1 | sed 's/.*missing/missing/'
echo "seven; data"
dd if=/dev/zero of=zeroes bs=4096 count=256 2> /dev/null; wc -c < zeroes; md5sum zeroes
dd if=zeroes of=part bs=1000 skip=3 count=5 2> /dev/null; wc -c < part
dd if=/dev/zero of=sparse bs=1 count=1 seek=3000000 2> /dev/null; wc -c < sparse
seq 1 300000 > numbers; wc numbers; md5sum numbers; sha256sum numbers
awk '{ print ($1 * 7919) % 300007 }' numbers > shuffled; wc -c < shuffled
sort -n shuffled > sorted; head -n 3 sorted; tail -n 3 sorted; md5sum sorted
cmp numbers sorted | head -n 1; diff file link && echo "no difference"
grep -c 99 numbers; sed -n '1000,1003p' numbers; tr -d '\n' < numbers | wc -c
gzip -c numbers > numbers.gz; gunzip -c numbers.gz | md5sum; gzip -t numbers.gz && echo good
tar cf all.tar deep file numbers; tar tf all.tar; mkdir out; tar xf all.tar -C out
cmp numbers out/numbers && echo "the same after tar"
tar cf - deep numbers | gzip > all.tgz; mkdir out2; tar xzf all.tgz -C out2
md5sum < out2/numbers
od -A d -t x1 file | head -n 2; hexdump -C file | head -n 1; strings file
base64 file | tee encoded | base64 -d; cat encoded
expr 6 \* 7; echo "3 4 * p" | dc; factor 360 2> /dev/null || echo none
echo "eight; the system"
uname -s; uname -m; [ -r /proc/self/maps ] && echo "maps can be read"
cat /proc/self/comm; grep -c stack /proc/self/maps; ls /proc | grep -c '^self$'
ls /proc/self | grep -x -e maps -e status -e stat -e fd -e exe -e cmdline | sort
grep -o '^[A-Z][A-Za-z]*:' /proc/meminfo | grep -x -e MemTotal: -e MemFree: | sort
[ $(cat /proc/uptime | cut -d. -f1) -ge 0 ] && echo "it is up"
ls -l /dev/null /dev/zero | cut -c1-10; echo into nothing > /dev/null
head -c 100 /dev/urandom | wc -c; head -c 5 /dev/zero | od -t x1 | head -n 1
env | grep -e ^HOME -e ^PATH | sort; id -u > /dev/null && echo "somebody"
date -u -d @86400 +%Y-%m-%d; [ $(date +%s) -gt 0 ] && echo "there is a time"
xargs -n 2 echo < /dev/null; seq 1 6 | xargs -n 2 echo; seq 3 | xargs -I X echo "<X>"
time -f "" true 2> /dev/null; echo "the end"; exit 9
