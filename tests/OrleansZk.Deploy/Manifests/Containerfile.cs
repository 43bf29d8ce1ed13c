using System.Text.Json;

namespace OrleansZk.Deploy.Manifests;

/// <summary>One instruction of a Containerfile, on one line.</summary>
internal sealed record Instruction(string Name, string Text)
{
    /// <summary>What stands behind the options, word by word.</summary>
    public IReadOnlyList<string> Words => [.. AllWords.SkipWhile(word => word.StartsWith("--", StringComparison.Ordinal))];

    private string[] AllWords => Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The value of an option: that of <c>--from=build</c> is <c>build</c>.</summary>
    public string? Option(string name) =>
        AllWords.FirstOrDefault(word => word.StartsWith($"--{name}=", StringComparison.Ordinal))?[(name.Length + 3)..];

    /// <summary>The words of a command that runs without a shell.</summary>
    public IReadOnlyList<string> Command() => JsonSerializer.Deserialize<string[]>(Text)!;
}

/// <summary>The instructions of <c>deploy/Containerfile</c>.</summary>
internal static class Containerfile
{
    public static IReadOnlyList<Instruction> All { get; } = Parse(DeployFolder.Read("deploy/Containerfile"));

    /// <summary>The instructions of the image itself, not of the stages before it; the last one comes first.</summary>
    public static IReadOnlyList<Instruction> Image => [.. All.Reverse().TakeWhile(instruction => instruction.Name != "FROM")];

    /// <summary>The only one of a name in the image.</summary>
    public static Instruction The(string name) => Image.Single(instruction => instruction.Name == name);

    private static List<Instruction> Parse(string text)
    {
        var instructions = new List<Instruction>();
        string open = "";
        foreach (string line in text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && !line.StartsWith('#')))
        {
            open += line.TrimEnd('\\');
            if (!line.EndsWith('\\'))
            {
                int space = open.IndexOf(' ', StringComparison.Ordinal);
                instructions.Add(new Instruction(open[..space], open[(space + 1)..].Trim()));
                open = "";
            }
        }

        return instructions;
    }
}
