// A program, so that its headers are compiled with the settings of programs. See CMakeLists.txt.
int main() {
  return 0;
}
