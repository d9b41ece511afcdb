// The recordings of a project: [data] says where they are, [input] what they have to be, [split] which of them train.
#pragma once
#include "mote/data/dataset.h"
#include "mote/data/image.h"
#include "mote/data/scan.h"
#include "mote/data/split.h"
#include "mote/project/project.h"

namespace mote {

// The mote.toml that a path is, or that lies in its folder; empty: there is none.
std::filesystem::path find_project(const std::filesystem::path& path);

// What a recording has to be, by [input].
Sensor contract_of(const Project& project);

// How files are read that do not say all themselves, by [data].
ReadOptions reading_of(const Project& project);

// The same for one file, which is as the sensor.json of the data set says if it is one of it.
Expected<ReadOptions> reading_of(const Project& project, const std::filesystem::path& file);

std::filesystem::path data_path_of(const Project& project);

// The data set of [data], with the contract of [input] and without the splits that [split] does not want to be used.
Expected<Dataset> open_data(const Project& project);

// The shares of [split]; parts of no share are left out.
Expected<std::vector<Part>> parts_of(const Project& project);

// Gives the files their parts, as [split] says; files of the same bytes stay together. Groups and such copies that a
// labels.csv puts into several parts are an error.
Status split_data(const Project& project, Dataset& dataset);

// A picture as the camera of [input] takes it. Refuses one of another size, which [data] mismatch may have taken again;
// grey and colours become what is wanted.
Expected<Image> read_picture(const Project& project, const std::filesystem::path& path);

// What keeps files from being recordings of this project: that they cannot be read, are of another kind, or break the
// contract in a way that [data] mismatch does not have converted. Reads how the files begin; values are not looked at.
std::vector<Fault> check_data(const Project& project, const Dataset& dataset);

// By file, what the column [data] reference says that it should have been; empty where there is no such key. Refuses a
// data set without this column, or with nothing in it.
Expected<std::map<std::string, std::string>> references_of(const Project& project, const Dataset& dataset);

// What keeps the references of these recordings from being recordings of this project.
std::vector<Fault> check_references(const Project& project, const Dataset& dataset,
                                    const std::map<std::string, std::string>& references);

// Reads all of the recordings or pictures.
std::vector<Scan> scan_data(const Project& project, const Dataset& dataset);

}  // namespace mote
