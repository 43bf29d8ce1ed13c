using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace OrleansZk.Tidy;

/// <summary>What must not stand in any file, and what the documents promise.</summary>
public sealed partial class TextTests
{
    private static IEnumerable<string> TextFiles => Repository.Files.Where(file =>
        Path.GetExtension(file) is ".cs" or ".md" or ".sh" or ".py" or ".json" or ".csproj" or ".props" or ".java" or ".js" or ".yml" or ".yaml" or ".cfg"
        || Path.GetExtension(file).Length == 0);

    [Fact]
    public void No_file_names_a_path_of_somebodys_machine()
    {
        foreach (string file in TextFiles.Where(file => Path.GetFileName(file) != "TextTests.cs"))
        {
            MachinePath().Matches(Repository.Read(file)).Select(match => match.Value).ShouldBeEmpty(file);
        }
    }

    [Fact]
    public void Nothing_is_left_for_later_in_silence()
    {
        foreach (string file in TextFiles.Where(file => file.StartsWith("src/", StringComparison.Ordinal)))
        {
            Leftover().Matches(Repository.Read(file)).Select(match => match.Value).ShouldBeEmpty(file);
        }
    }

    [Fact]
    public void Every_test_that_the_guarantees_name_exists()
    {
        MatchCollection named = NamedTest().Matches(Repository.Read("docs/guarantees.md"));
        named.Count.ShouldBeGreaterThan(10);
        string tests = string.Join('\n', Repository.Files
            .Where(file => file.StartsWith("tests/", StringComparison.Ordinal) && Path.GetExtension(file) is ".cs" or ".py" or ".java")
            .Where(file => file.StartsWith("tests/", StringComparison.Ordinal))
            .Select(Repository.Read));
        foreach (Match match in named)
        {
            string type = match.Groups["type"].Value;
            string test = match.Groups["test"].Value;
            Regex.IsMatch(tests, $@"\bclass {type}\b").ShouldBeTrue($"there is no test class {type}");
            Regex.IsMatch(tests, $@"\b{test}\(").ShouldBeTrue($"there is no test {type}.{test}");
        }
    }

    [Fact]
    public void Documents_link_only_to_files_that_exist()
    {
        foreach (string file in Repository.Files.Where(file => file.EndsWith(".md", StringComparison.Ordinal)))
        {
            string folder = Path.GetDirectoryName(file) ?? "";
            foreach (Match link in LocalLink().Matches(Repository.Read(file)))
            {
                string target = Path.Combine(Repository.Root, folder, link.Groups["target"].Value);
                (File.Exists(target) || Directory.Exists(target)).ShouldBeTrue($"{file} links to {link.Groups["target"].Value}");
            }
        }
    }

    [GeneratedRegex(@"(?<![\w.])/(root|home)/\w+|/work/\w+|/tmp/\w*(srv|bash_jobs)")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"NotImplementedException|\bTODO\b|\bFIXME\b|\bHACK\b")]
    private static partial Regex Leftover();

    [GeneratedRegex(@"`(?<type>[A-Z]\w+)\.(?<test>[A-Z]\w*_\w+)`")]
    private static partial Regex NamedTest();

    [GeneratedRegex(@"\]\((?<target>(?!https?:|#|mailto:)[^)#]+)(#[^)]*)?\)")]
    private static partial Regex LocalLink();
}
